"""Pinning the base image, with whatever has it on this machine."""

from __future__ import annotations

import json
import re

import pytest

from modelspec.adapters.base import from_disk
from tests.adapters.images.parts import BASE
from tests.stories.project import SPEC, Project

LOCK = "models/ripe/model.lock"
WITHOUT_ENGINE = "unix:///nowhere"
OTHER = "sha256:" + "a" * 64


def base_of(project: Project) -> str:
    found = from_disk(BASE, project.root)
    assert found is not None
    return found.id


def pin(project: Project, identifier: str) -> None:
    """As if somebody had locked where the name meant another image."""
    project.write(LOCK, json.dumps({"lock": 1, "base": {BASE: {"id": identifier}}, "data": {}}))


@pytest.mark.parametrize("host", ["", WITHOUT_ENGINE], ids=["engine", "archive"])
def test_a_base_is_pinned_in_a_commit_and_built_upon(released: Project, host: str) -> None:
    said = released.run("lock", DOCKER_HOST=host)
    assert said.output.startswith(f"ripe   {LOCK}\n  pin       {BASE}: not pinned -> sha256:")
    assert released.tags() == ["ripe/v1.0.0"]
    lock = json.loads(released.path(LOCK).read_text("utf-8"))
    assert lock["base"][BASE]["id"] == base_of(released)
    assert f"not committed yet: {LOCK}" in released.run("plan").output
    before = released.path(LOCK).stat()
    assert released.run("lock", DOCKER_HOST=host).output == f"ripe   {LOCK} is up to date.\n"
    assert released.path(LOCK).stat() == before
    assert f"{LOCK} differs from the commit" in released.run("apply", code=6).errors

    released.commit("Pin the base")
    assert released.run("affected", "--since", "HEAD~1").output == "ripe\n"
    assert "out of date" in released.run("status", "--outdated").output
    assert released.run("apply", "--locked", DOCKER_HOST=host).rows == [
        "image", "check", "release", "render",
    ]  # fmt: skip
    record = released.record("ripe/v1.0.1")
    assert record["pins"] == {"container.base": base_of(released)}
    assert record["steps"]["image"]["record"]["base_id"] == base_of(released)
    assert LOCK in record["sources"]
    for words in (["apply"], ["apply", "--locked"], ["plan", "--locked"], ["plan"]):
        assert "1.0.1 is up to date" in released.run(*words).output


def test_what_is_not_pinned_is_refused_by_name_where_that_is_asked_for(finished: Project) -> None:
    for command in ("plan", "apply"):
        said = finished.run(command, "--locked", code=6)
        assert said.output == ""
        assert f"container.base is not pinned: {BASE}" in said.errors
        assert f"hint: modelspec lock ripe, and commit {LOCK}" in said.errors
    assert finished.tags() == []
    assert "not pinned" in finished.run("plan").output


@pytest.mark.parametrize(
    ("host", "where"),
    [
        ("", "in the engine"),
        (WITHOUT_ENGINE, r"in .*/\.modelspec/bases/python_3\.11-slim-bookworm\.tar"),
    ],
    ids=["engine", "archive"],
)
def test_another_base_than_the_pinned_one_is_refused_before_anything_is_made(
    fresh: Project, host: str, where: str
) -> None:
    pin(fresh, OTHER)
    fresh.commit()
    said = fresh.run("apply", code=6, DOCKER_HOST=host)
    told = f"the base image {BASE} is pinned to {OTHER}, and {where} it is {base_of(fresh)}"
    assert re.match(told, said.errors)
    assert "modelspec lock --upgrade base" in said.errors
    assert fresh.entries() == {}
    assert fresh.tags() == []


def test_an_upgrade_takes_what_is_there_and_tells_old_and_new(finished: Project) -> None:
    pin(finished, OTHER)
    finished.commit()
    assert finished.run("lock").output == f"ripe   {LOCK} is up to date.\n"
    said = finished.run("lock", "--upgrade", "base", DOCKER_HOST=WITHOUT_ENGINE)
    assert f"{BASE}: sha256:{'a' * 12} -> {base_of(finished)[:19]}" in " ".join(said.output.split())
    finished.commit()
    assert finished.run("apply", DOCKER_HOST=WITHOUT_ENGINE).rows[-2:] == ["release", "render"]
    before = finished.path(LOCK).read_bytes()
    assert (
        "is up to date"
        in finished.run("lock", "--upgrade", "base", DOCKER_HOST=WITHOUT_ENGINE).output
    )
    assert finished.path(LOCK).read_bytes() == before


def test_what_the_spec_names_no_longer_is_dropped(finished: Project) -> None:
    pin(finished, base_of(finished))
    lock = json.loads(finished.path(LOCK).read_text("utf-8"))
    lock["base"]["debian:12"] = {"id": OTHER}
    finished.write(LOCK, json.dumps(lock))
    said = finished.run("lock").output
    assert f"debian:12: sha256:{'a' * 12} -> not pinned" in said
    assert json.loads(finished.path(LOCK).read_text("utf-8"))["base"].keys() == {BASE}


def test_a_base_that_is_nowhere_leaves_the_lock_as_it_was(finished: Project) -> None:
    pin(finished, base_of(finished))
    before = finished.path(LOCK).read_bytes()
    text = finished.path(SPEC).read_text("utf-8")
    finished.write(SPEC, text + "container: {base: nobody/nothing:3.11}\n")
    said = finished.run("lock", code=6, DOCKER_HOST=WITHOUT_ENGINE)
    assert "the base image nobody/nothing:3.11 is not here" in said.errors
    assert finished.path(LOCK).read_bytes() == before


def test_mistakes_in_specs_and_locks_are_told_together_and_nothing_is_written(
    finished: Project,
) -> None:
    finished.write("models/green/model.yaml", "kind: Model\n")
    finished.write(LOCK, "{")
    for command in ("lock", "validate"):
        said = finished.run(command, code=3)
        assert "models/green/model.yaml:1:1: " in said.errors
        assert f"{LOCK}:1:1: this mapping is never closed" in said.errors
    assert finished.path(LOCK).read_text("utf-8") == "{"


def test_a_word_that_cannot_be_upgraded_is_a_mistake_of_the_command_line(
    finished: Project,
) -> None:
    assert "there are base and data" in finished.run("lock", "--upgrade", "bas", code=2).errors
