"""`model.lock` is an input like the spec: what is made depends on it, and a change is noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelspec.adapters.git import Repository
from modelspec.diagnostics import InputError
from modelspec.plan.pins import BASE
from modelspec.plan.plan import Plan, make_plan
from modelspec.spec.model_lock import BasePin, ModelLock
from modelspec.stages.facts import every_source, gather
from modelspec.stages.select import ALL
from modelspec.stages.unchanged import unchanged
from tests.released import git, released

LOCK = "models/wine/model.lock"
ID = "sha256:" + "1" * 64


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which everything is up to date."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return released(tmp_path / "here", "wine")


def write(root: Path, identifier: str = ID) -> None:
    base = {"python:3.11-slim-bookworm": BasePin(id=identifier)}
    (root / LOCK).write_text(ModelLock(lock=1, base=base).text())


def commit(root: Path) -> None:
    git(root, "add", LOCK)
    git(root, "commit", "-q", "-m", "Pin the base")


def plan(root: Path, *, worktree: bool = False) -> Plan:
    (found,) = every_source(Repository.open(root), ALL, worktree=worktree)
    return make_plan(found.loaded.spec, gather(found))


def _stage(root: Path) -> None:
    git(root, "add", LOCK)


def _leave(root: Path) -> None:
    """Not even told to git."""


@pytest.mark.parametrize("then", [_leave, _stage, commit])
def test_a_lock_that_is_added_is_noticed_also_on_the_short_way(
    root: Path, then: Callable[[Path], None]
) -> None:
    assert plan(root).found is not None
    assert unchanged(root, []) is not None
    write(root)
    then(root)
    assert unchanged(root, []) is None
    now = plan(root, worktree=True)
    assert now.found is None
    assert now.facts.pins == {BASE: ID}
    assert now.facts.dirty == (() if then is commit else (LOCK,))


def test_a_lock_that_is_not_committed_is_no_input_of_apply(root: Path) -> None:
    write(root)
    made = plan(root)
    assert made.found is not None
    assert made.facts.pins == {}
    assert made.facts.dirty == (LOCK,)


def test_a_lock_is_among_the_sources_of_what_is_made(root: Path) -> None:
    write(root)
    commit(root)
    sources = plan(root).facts.sources
    assert sources.keys() == {LOCK, "models/wine/model.yaml", "models/wine/wine.csv"}
    assert sources[LOCK] == git(root, "rev-parse", f"HEAD:{LOCK}")


def test_a_lock_that_is_taken_away_again_leads_back_to_the_release(root: Path) -> None:
    before = plan(root).inputs
    write(root)
    commit(root)
    assert plan(root).inputs != before
    git(root, "revert", "--no-edit", "HEAD")
    assert plan(root).inputs == before
    assert unchanged(root, []) == [("wine", "1.0.0")]


def test_a_lock_that_is_wrong_is_told_with_its_place(root: Path) -> None:
    (root / LOCK).write_text('{"lock": 1,\n "base": 7}')
    commit(root)
    with pytest.raises(InputError, match=rf"^{LOCK}:2:10: base must be a mapping"):
        plan(root)


def test_a_lock_that_is_a_link_is_refused_rather_than_ignored(root: Path) -> None:
    write(root)
    (root / LOCK).rename(root / "models" / "pins.json")
    (root / LOCK).symlink_to("../pins.json")
    commit(root)
    with pytest.raises(InputError, match=rf"^{LOCK}:1:1: {LOCK} is a symbolic link"):
        plan(root)
