from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.request import Request, urlopen

import pytest

from modelspec.adapters import container
from modelspec.adapters.base import Base
from modelspec.adapters.engine import Engine
from modelspec.adapters.image import Built
from modelspec.adapters.push import push, push_held
from modelspec.diagnostics import WorldError
from tests.adapters.images.parts import registry, tiny

# bcrypt of "secret"
ADA = "ada:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"


# Nothing below our layers: there is less to push.
SCRATCH = Base(
    "scratch",
    "",
    {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"diff_ids": []}},
)


@pytest.fixture
def built(tmp_path: Path, engine: Engine) -> Iterator[Built]:
    made = tiny(tmp_path / "image", SCRATCH, test=str(time.time_ns()))
    container.load(engine, tmp_path / "image", made.tag("tiny"), tmp_path)
    yield made
    for tag in (engine.inspect(made.id) or {}).get("RepoTags", []):
        engine.client.images.remove(tag, force=True)


def _digest(address: str, path: str, auth: str = "") -> str:
    """What the registry itself says."""
    request = Request(f"http://{address}/v2/{path}", method="HEAD")
    request.add_header("Accept", "application/vnd.docker.distribution.manifest.v2+json")
    if auth:
        request.add_header("Authorization", f"Basic {auth}")
    with urlopen(request) as answer:
        return str(answer.headers["Docker-Content-Digest"])


def test_a_pushed_image_is_named_by_the_digest_that_the_registry_has(
    tmp_path: Path, engine: Engine, built: Built
) -> None:
    with registry(tmp_path) as address:
        target = f"{address}/team/{built.tag('tiny')}"
        reference = push(tmp_path / "image", built.tag("tiny"), target, tmp_path)
        tag = built.tag("tiny").partition(":")[2]
        there = _digest(address, f"team/tiny/manifests/{tag}")
        assert reference == f"{address}/team/tiny@{there}"
        assert reference in (engine.inspect(built.id) or {})["RepoDigests"]
        assert push(tmp_path / "image", built.tag("tiny"), target, tmp_path) == reference


def test_a_registry_that_wants_a_login_is_told_and_one_who_has_it_may_push(
    tmp_path: Path, built: Built, docker_config: Path
) -> None:
    with registry(tmp_path, ADA) as address:
        target = f"{address}/{built.tag('tiny')}"
        arguments = (tmp_path / "image", built.tag("tiny"), target, tmp_path)
        with pytest.raises(WorldError, match=f"hint: docker login {address}") as refused:
            push(*arguments)
        assert "no basic auth credentials" in str(refused.value)
        wrong = {"auths": {address: {"auth": base64.b64encode(b"ada:wrong").decode()}}}
        (docker_config / "config.json").write_text(json.dumps(wrong))
        with pytest.raises(WorldError, match="hint: docker login") as refused:
            push(*arguments)
        assert "wrong" not in str(refused.value)
        right = base64.b64encode(b"ada:secret").decode()
        (docker_config / "config.json").write_text(
            json.dumps({"auths": {address: {"auth": right}}})
        )
        reference = push(*arguments)
        tag = built.tag("tiny").partition(":")[2]
        assert reference.endswith(_digest(address, f"tiny/manifests/{tag}", right))


def test_a_registry_that_is_not_there_is_one_message(tmp_path: Path, built: Built) -> None:
    target = f"127.0.0.1:1/{built.tag('tiny')}"
    with pytest.raises(WorldError, match=r"pushing 127\.0\.0\.1:1/tiny:sha-.*refused") as refused:
        push(tmp_path / "image", built.tag("tiny"), target, tmp_path)
    assert "\n" not in str(refused.value)


def _fake(lines: list[Any], there: str) -> Engine:
    """An engine whose push says `lines`, beside a registry that holds `there`."""
    api = SimpleNamespace(
        tag=lambda *_, **__: True,
        push=lambda *_, **__: iter(lines),
        inspect_distribution=lambda _: {"Descriptor": {"digest": there}},
    )
    return cast("Engine", SimpleNamespace(client=SimpleNamespace(api=api)))


def test_a_registry_that_holds_something_else_afterwards_is_an_error() -> None:
    engine = _fake([{"aux": {"Digest": "sha256:aa"}}], "sha256:bb")
    with pytest.raises(WorldError, match="pushed as sha256:aa, but the registry holds sha256:bb"):
        push_held(engine, "sha256:cc", "r:5000/x:1")


def test_a_push_that_never_names_a_digest_is_an_error() -> None:
    engine = _fake([{"status": "pushed"}], "sha256:bb")
    with pytest.raises(WorldError, match="does not say what pushing r:5000/x:1 has made"):
        push_held(engine, "sha256:cc", "r:5000/x:1")
