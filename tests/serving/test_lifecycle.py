"""Start and stop, as an image does them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.serving.folders import CHURN_ROW, Folder, churn
from tests.serving.processes import ROOT, Server, ask, free_port, start

if TYPE_CHECKING:
    from tests.serving.processes import Reply

GOOD = json.dumps({"instances": [CHURN_ROW]}).encode()
PATH = "/v1/models/churn:predict"


def test_the_start_is_logged_as_one_line_of_json(own_server: Server) -> None:
    code, out, _, _ = own_server.stop()
    first, last = (json.loads(line) for line in out.splitlines())
    assert code == 0
    assert (first["event"], first["model"], first["version"]) == ("serving", "churn", "1.4")
    assert first["port"] == own_server.port
    assert last["event"] == "stopped"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_within_a_second(own_server: Server, number: signal.Signals) -> None:
    started = time.monotonic()
    own_server.process.send_signal(number)
    assert own_server.process.wait(10) == 0
    assert time.monotonic() - started < 1


def test_an_idle_connection_does_not_hold_up_the_stop(own_server: Server) -> None:
    connection = own_server.connect()
    assert ask(connection, "POST", PATH, GOOD).status == 200
    code, _, _, seconds = own_server.stop()
    connection.close()
    assert (code, seconds < 1) == (0, True)


def test_readiness_goes_down_first_and_what_comes_meanwhile_is_answered(
    own_server: Server,
) -> None:
    connection = own_server.connect()
    assert ask(connection, "GET", "/readyz").status == 200
    own_server.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 0.3
    while (ready := own_server.request("GET", "/readyz")).status == 200:
        assert time.monotonic() < deadline, "readiness stayed up"
    assert ready.status == 503
    late = ask(connection, "POST", PATH, GOOD)
    assert (late.status, late.headers["connection"]) == (200, "close")
    assert own_server.request("GET", "/healthz").status == 200
    assert own_server.process.wait(10) == 0


def test_a_request_in_flight_is_answered_before_the_server_stops(own_server: Server) -> None:
    with own_server.socket() as half:
        head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(GOOD)}\r\n\r\n"
        half.sendall(head.encode() + GOOD[:10])
        time.sleep(0.2)
        own_server.process.send_signal(signal.SIGTERM)
        time.sleep(1.0)
        assert own_server.process.poll() is None, "it waits for the request"
        half.sendall(GOOD[10:])
        assert half.recv(9999).startswith(b"HTTP/1.1 200 OK")
    assert own_server.process.wait(10) == 0


def test_no_request_is_lost_while_a_server_stops(own_server: Server) -> None:
    replies: list[Reply] = []
    failures: list[Exception] = []

    def client() -> None:
        """Asks until it is told to close its connection, as a proxy would."""
        connection = own_server.connect()
        try:
            while True:
                replies.append(ask(connection, "POST", PATH, GOOD))
                if replies[-1].headers.get("connection") == "close":
                    return
        except OSError as error:
            failures.append(error)

    clients = [threading.Thread(target=client) for _ in range(4)]
    for thread in clients:
        thread.start()
    time.sleep(0.5)
    code, _, err, _ = own_server.stop()
    for thread in clients:
        thread.join(10)
    assert (code, failures) == (0, []), err
    assert len(replies) > 20
    assert {reply.status for reply in replies} == {200}


@pytest.mark.parametrize("wait", [0.1, 0.2, 0.3, 0.4])
def test_a_stop_during_the_start_is_obeyed(churn_folder: Folder, wait: float) -> None:
    process = start(churn_folder.path, free_port())
    time.sleep(wait)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=10)
    assert process.returncode in (0, -signal.SIGTERM), err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_one_clear_line(server: Server, churn_folder: Folder) -> None:
    process = start(churn_folder.path, server.port)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"serving: cannot serve at 127.0.0.1, port {server.port}: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize("port", ["http", "-1", "0", "70000", "²"])
def test_a_port_that_is_no_port_is_refused(churn_folder: Folder, port: str) -> None:
    process = start(churn_folder.path, 0, MODELSPEC_PORT=port)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert err == "serving: MODELSPEC_PORT is not a port number\n"


@pytest.fixture
def laid_out(tmp_path: Path) -> Path:
    """The package and a model as they lie in an image; libraries come from a folder as well."""
    shutil.copytree(
        ROOT / "modelspec" / "serving",
        tmp_path / "serving",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    churn(tmp_path / "model")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    needed = (
        "ai_edge_litert", "backports", "flatbuffers", "granian", "ml_dtypes", "msgspec", "click",
        "numpy", "numpy.libs", "prometheus_client", "google", "tqdm", "typing_extensions.py",
        "hpack", "uvloop",
    )  # fmt: skip
    libraries = Path(sysconfig.get_path("purelib"))
    for name in needed:
        (wheels / name).symlink_to(libraries / name)
    return tmp_path


def test_the_package_serves_from_the_layout_of_an_image(laid_out: Path) -> None:
    with Server(
        laid_out / "model",
        "serving",
        PYTHONPATH=f"{laid_out}/wheels:{laid_out}",
        MODELSPEC_MODEL_DIR="",
        PYTHONDONTWRITEBYTECODE="1",
        PYTHONNOUSERSITE="1",
    ) as server:
        assert server.post(GOOD).status == 200
        mapped = Path(f"/proc/{server.process.pid}/maps").read_text()
        assert "tensorflow-" not in mapped
        assert "libtensorflow" not in mapped
    assert not list(laid_out.rglob("__pycache__"))


def test_the_package_loads_no_module_of_the_rest_of_modelspec(laid_out: Path) -> None:
    program = (
        "import sys, serving.server, serving.__main__\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in "
        "('modelspec', 'tensorflow', 'keras', 'pydantic', 'sklearn', 'polars')]\n"
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-S", "-s", "-c", program],
        env={"PYTHONPATH": f"{laid_out}/wheels:{laid_out}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
