"""A pinned base is that image and no other, whatever its name means by now."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelspec.adapters import base, container, layers
from modelspec.adapters.base import Base
from modelspec.adapters.engine import Engine
from modelspec.adapters.layers import digest
from modelspec.adapters.push import push_held
from modelspec.diagnostics import WorldError
from modelspec.spec.model_lock import BasePin
from tests.adapters.images.parts import registry, tiny
from tests.adapters.images.test_archive import CONFIG, _docker_archive
from tests.adapters.images.test_push import SCRATCH

NAME = "a/b:3.11"
OTHER = json.dumps({**json.loads(CONFIG), "os": "other"}).encode()
NOWHERE = "sha256:" + "0" * 64


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with an archive of the base."""
    folder = tmp_path / "repository" / ".modelspec" / "bases"
    folder.mkdir(parents=True)
    (folder / "a_b_3.11.tar").write_bytes(_docker_archive())
    return tmp_path / "repository"


def test_an_archive_is_taken_if_it_is_the_pinned_one(root: Path) -> None:
    found = base.require(NAME, root, None, BasePin(id=digest(CONFIG)))
    assert found.id == digest(CONFIG)


def test_another_archive_is_refused_with_both_digests_and_both_ways_out(root: Path) -> None:
    with pytest.raises(WorldError) as caught:
        base.require(NAME, root, None, BasePin(id=NOWHERE))
    (problem,) = caught.value.diagnostics
    archive = root / ".modelspec" / "bases" / "a_b_3.11.tar"
    assert problem.message == (
        f"the base image {NAME} is pinned to {NOWHERE}, and in {archive} it is {digest(CONFIG)}"
    )
    assert "modelspec lock --upgrade base" in problem.hint
    assert "docker load" in problem.hint
    assert base.find(NAME, root, None, BasePin(id=NOWHERE)) is None


def test_where_the_registrys_digest_is_known_it_is_what_to_pull(root: Path) -> None:
    pin = BasePin(id=NOWHERE, manifest="sha256:" + "1" * 64)
    with pytest.raises(WorldError, match=f"hint: docker pull a/b@{pin.manifest}; or "):
        base.require(NAME, root, None, pin)


def test_of_two_archives_the_pinned_one_is_taken(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "named.tar").write_bytes(_docker_archive(OTHER))
    monkeypatch.setenv(base.ENVIRONMENT, str(tmp_path / "named.tar"))
    for config in (CONFIG, OTHER):
        found = base.find(NAME, root, None, BasePin(id=digest(config)))
        assert found is not None
        assert found.id == digest(config)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("python:3.11", f"python@{NOWHERE}"),
        ("python", f"python@{NOWHERE}"),
        ("host:5000/team/python", f"host:5000/team/python@{NOWHERE}"),
        ("host:5000/team/python:3.11", f"host:5000/team/python@{NOWHERE}"),
        (f"python:3.11@sha256:{'1' * 64}", f"python@{NOWHERE}"),
    ],
)
def test_the_name_to_pull_by_has_no_tag(image: str, name: str) -> None:
    assert base.by_digest(image, BasePin(id=NOWHERE, manifest=NOWHERE)) == name
    assert base.by_digest(image, BasePin(id=NOWHERE)) is None
    assert base.by_digest(image, None) is None


@dataclass
class Moved:
    """A tag in a registry that meant `old`, and means `new` by now."""

    name: str
    old: Base
    new: Base


@pytest.fixture
def moved(tmp_path: Path, engine: Engine) -> Iterator[Moved]:
    (tmp_path / "registry").mkdir()
    with registry(tmp_path / "registry") as address:
        name = f"{address}/team/base:3.11"
        found = []
        for turn in ("old", "new"):
            content = {"opt/turn": f"{turn} {time.time_ns()}".encode()}
            built = tiny(tmp_path / turn, SCRATCH, more=content)
            container.load(engine, tmp_path / turn, built.tag("tiny"), tmp_path)
            push_held(engine, built.id, name)
            about = base.from_engine(name, engine)
            assert about is not None
            assert about.id == built.id
            found.append(about)
        yield Moved(name, *found)
        for each in found:
            if engine.inspect(each.id):
                engine.client.images.remove(each.id, force=True)


def test_the_engine_tells_how_the_registry_knows_an_image(moved: Moved) -> None:
    assert moved.old.manifest
    assert moved.new.manifest
    assert moved.old.manifest != moved.new.manifest


def test_an_engine_that_has_both_gives_the_pinned_one(
    tmp_path: Path, engine: Engine, moved: Moved
) -> None:
    found = base.find(moved.name, tmp_path, engine, BasePin(id=moved.old.id))
    assert found is not None
    assert (found.id, found.name) == (moved.old.id, moved.name)
    unpinned = base.find(moved.name, tmp_path, engine)
    assert unpinned is not None
    assert unpinned.id == moved.new.id


def test_an_engine_that_has_only_the_newer_one_pulls_the_pinned_one_by_its_digest(
    tmp_path: Path, engine: Engine, moved: Moved
) -> None:
    engine.client.images.remove(moved.old.id, force=True)
    pin = BasePin(id=moved.old.id, manifest=moved.old.manifest)
    assert base.find(moved.name, tmp_path, engine, pin) is None
    found = base.require(moved.name, tmp_path, engine, pin)
    assert (found.id, found.name) == (moved.old.id, moved.name)
    by_name = engine.inspect(moved.name)
    assert by_name is not None
    assert by_name["Id"] == moved.new.id  # nobody's tag was moved


def test_an_engine_without_the_pinned_one_refuses_and_pulls_nothing_over_it(
    tmp_path: Path, engine: Engine, moved: Moved
) -> None:
    with pytest.raises(WorldError) as caught:
        base.require(moved.name, tmp_path, engine, BasePin(id=NOWHERE))
    assert f"pinned to {NOWHERE}, and in the engine it is {moved.new.id}" in str(caught.value)
    with pytest.raises(WorldError, match=r"docker pull .*@sha256:0+; or take this one"):
        base.require(moved.name, tmp_path, engine, BasePin(id=NOWHERE, manifest=NOWHERE))


def test_what_a_registry_gives_by_name_is_refused_if_it_is_not_the_pinned_one(
    tmp_path: Path, engine: Engine, moved: Moved
) -> None:
    for each in (moved.old, moved.new):
        engine.client.images.remove(each.id, force=True)
    with pytest.raises(WorldError, match=f"in the engine it is {moved.new.id}"):
        base.require(moved.name, tmp_path, engine, BasePin(id=moved.old.id))
    assert base.require(moved.name, tmp_path, engine).id == moved.new.id


def test_an_image_on_a_base_whose_name_moved_on_is_loaded_all_the_same(
    tmp_path: Path, engine: Engine, moved: Moved
) -> None:
    """The engine has the base's layers, under its ID only."""
    under = base.from_engine(moved.name, engine, moved.old.id)
    assert under is not None
    labels: dict[str, Any] = {layers.BASE_DIGEST: under.id}
    built = tiny(tmp_path / "upper", under, **labels)
    assert container.load(engine, tmp_path / "upper", built.tag("tiny"), tmp_path) == built.id
    engine.client.images.remove(built.id, force=True)
