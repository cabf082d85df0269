"""Fixtures for images: a base, an engine, a private engine, a folder for caches."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelspec.adapters import base as bases
from modelspec.adapters.base import Base
from modelspec.adapters.engine import Engine, NoEngine, connect
from tests.adapters.images.parts import BASE, PrivateEngine, missing

HERE = Path(__file__).resolve().parent
ROOT = Path(__file__).resolve().parents[3]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The SDK never closes the sockets of streams and of requests that failed half way.

    Python says so when it finds one, which has to be within these tests.
    """
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def engine() -> Iterator[Engine]:
    """The engine of this machine."""
    try:
        found = connect()
    except NoEngine as error:
        missing(str(error))
    yield found
    found.close()


@pytest.fixture
def base(engine: Engine) -> Base:
    """The base image as the engine has it."""
    found = bases.from_engine(BASE, engine)
    if found is None:
        missing(f"the base image {BASE}")
    return found


@pytest.fixture
def base_archive(tmp_path: Path, engine: Engine, base: Base) -> Path:
    """The base image as an archive on disk."""
    kept = ROOT / ".modelspec" / "bases" / bases.file_name(BASE)
    if kept.exists() and bases.from_archive(BASE, kept).id == base.id:
        return kept
    path = tmp_path / "base.tar"
    with path.open("wb") as file:
        for piece in engine.client.images.get(BASE).save(named=True):
            file.write(piece)
    return path


@pytest.fixture
def private_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateEngine]:
    """An engine of the test's own; DOCKER_HOST names it."""
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        missing("dockerd, or the right to start one,")
    made = PrivateEngine(Path(tempfile.mkdtemp(prefix="e", dir="/tmp")))
    monkeypatch.setenv("DOCKER_HOST", made.address)
    made.start()
    yield made
    made.remove()


@pytest.fixture(autouse=True)
def docker_config(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Nobody is logged in anywhere."""
    folder = tmp_path_factory.mktemp("docker")
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder
