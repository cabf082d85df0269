"""An engine that is not there, hangs, answers nonsense or refuses: one line each."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from modelspec.adapters import engine as engines
from modelspec.adapters.engine import NoEngine, connect
from modelspec.diagnostics import WorldError


def test_no_engine_is_told_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/d.sock")
    with pytest.raises(NoEngine, match=r"no Docker Engine at unix:///nowhere/d\.sock: nothing"):
        connect()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "ssh://nowhere.invalid"])
def test_whatever_docker_host_says_the_error_is_one_line(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(WorldError) as refused:
        connect()
    assert "\n" not in str(refused.value)


def test_an_engine_that_accepts_and_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PING_SECONDS", 1)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/d.sock")
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(f"{tmp_path}/d.sock")
        silent.listen()
        with pytest.raises(WorldError, match="does not answer within 1 s") as refused:
            connect()
        assert not isinstance(refused.value, NoEngine)


def test_an_engine_that_answers_nonsense_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/d.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{tmp_path}/d.sock")
        server.listen()

        def answer() -> None:
            connection, _ = server.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{]!")
            connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with pytest.raises(WorldError) as refused:
            connect()
        thread.join()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        {"error": "no\nspace"},
        {"errorDetail": {"message": "no space"}},
        {"message": "no space"},
        {"errorDetail": {"code": 1}, "error": "no space"},
    ],
)
def test_a_refusal_inside_a_stream_is_an_error(line: Mapping[str, Any]) -> None:
    with pytest.raises(WorldError, match="failed while loading: no space"):
        engines.read_all([{"stream": "going well"}, line, {"stream": "more"}], "loading")


def test_a_stream_without_a_refusal_is_read_to_its_end() -> None:
    lines: list[Any] = [{"status": "a"}, "text", None, {"aux": {"ID": "x"}}]
    assert engines.read_all(lines, "loading") == [lines[0], lines[3]]
