"""A release brought to an environment, as one change of the work tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelspec.adapters.templates import builtin
from modelspec.adapters.trees import WorkTree
from modelspec.diagnostics import InputError, WorldError
from modelspec.stages.change import JOURNAL, Change, write
from modelspec.stages.promotion import automatic, promotion
from tests.stages.deployed import deployed, environment, lock, promote, tree, two_environments


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a release, staging and prod, and nothing rendered for them."""
    return two_environments(tmp_path)


def test_a_promotion_sets_the_line_first_and_the_lock_last(root: Path) -> None:
    assert promote(root, "prod") == [
        "environments/prod.yaml",
        "deploy/prod/wine/monitoring.yaml",
        "deploy/prod/wine/serving.yaml",
        "deploy/prod/wine/release.lock",
    ]
    text = (root / "environments" / "prod.yaml").read_text()
    assert text.endswith("models:  # by pull request\n  wine: 1.0.0\n")
    assert promote(root, "prod") == []


def test_a_promotion_into_the_namespace_of_another_environment_writes_nothing(root: Path) -> None:
    environment(root, "staging", "namespace: ml-prod\nmodels: {wine: 1.0.0}\n")
    before = deployed(root)
    with pytest.raises(InputError, match="both run wine"):
        promote(root, "prod")
    assert deployed(root) == before


def test_a_file_that_was_edited_by_hand_is_refused_with_its_difference(root: Path) -> None:
    promote(root, "prod")
    write(root, tree(root))
    path = root / "deploy/prod/wine/serving.yaml"
    path.write_text(path.read_text().replace("maxUnavailable: 1", "maxUnavailable: 2"))
    before = path.read_bytes()
    with pytest.raises(WorldError) as refused:
        write(root, tree(root))
    (problem,) = refused.value.diagnostics
    assert problem.message.startswith("deploy/prod/wine/serving.yaml was edited by hand")
    assert "\n  -  maxUnavailable: 2\n  +  maxUnavailable: 1" in problem.message
    assert path.read_bytes() == before
    write(root, tree(root), force=True)
    assert path.read_bytes() != before
    assert tree(root).files == {}


def test_a_file_that_was_edited_by_hand_is_not_removed_either(root: Path) -> None:
    promote(root, "prod")
    path = root / "deploy/prod/wine/serving.yaml"
    path.write_text("mine\n")
    environment(root, "prod", "")
    with pytest.raises(WorldError, match="is to be removed"):
        write(root, tree(root))
    assert path.exists()


@pytest.mark.parametrize("killed_after", range(4))
@pytest.mark.parametrize("step", ["fchmod", "replace"])
def test_a_promotion_killed_at_any_file_is_explained_and_completed(
    root: Path, step: str, killed_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if what is promoted next is not what was promoted when it was killed."""
    promote(root, "prod")
    write(root, tree(root))
    environment(root, "prod", "models: {wine: 1.0.0}\noverrides: {deploy: {replicas: {min: 4}}}\n")
    first = lock()
    first["record"]["version"] = "1.0.1"
    change = promotion(WorkTree(root), builtin(), {"prod": {"wine": first}})
    assert len(change.files) == 4
    _killed(root, change, step, killed_after, monkeypatch)
    if step == "replace" and killed_after in (1, 2, 3):
        with pytest.raises(InputError, match=r"wine is 1\.0\.1 here.*holds wine 1\.0\.0"):
            tree(root)
    second = {**first, "record": {**first["record"], "version": "1.0.2"}}
    environment(root, "prod", "models: {wine: 1.0.1}\noverrides: {deploy: {replicas: {min: 5}}}\n")
    write(root, promotion(WorkTree(root), builtin(), {"prod": {"wine": second}}))
    assert tree(root).files == {}
    assert not list((root / "deploy").rglob(".*"))


class _KilledError(BaseException):
    pass


def _killed(
    root: Path, change: Change, step: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write a change, up to a call of the system: each file is written first, then each renamed."""
    left = iter(range(after + (step == "replace")))  # the digests are renamed before
    call = getattr(os, step)

    def killed(*args: object) -> object:
        if next(left, None) is None:
            raise _KilledError
        return call(*args)

    with monkeypatch.context() as patch:
        patch.setattr(os, step, killed)
        with pytest.raises(_KilledError):
            write(root, change)
    assert (root / JOURNAL).exists()


def test_what_automatic_environments_run_is_what_apply_found(root: Path) -> None:
    write(root, automatic(WorkTree(root), builtin(), {"wine": lock()}, push=False))
    text = (root / "environments" / "staging.yaml").read_text()
    assert text.endswith("models:\n  wine: 1.0.0\n")
    assert "1.0.0" not in (root / "environments" / "prod.yaml").read_text()
    write(root, automatic(WorkTree(root), builtin(), {"wine": None}, push=False))
    assert (root / "environments" / "staging.yaml").read_text().endswith("models: {}\n")
    assert not (root / "deploy" / "staging").exists()


def test_nothing_is_written_or_removed_through_a_link(root: Path, tmp_path: Path) -> None:
    promote(root, "prod")
    write(root, tree(root))
    outside = tmp_path / "outside"
    (root / "deploy" / "prod" / "wine").rename(outside)
    (root / "deploy" / "prod" / "wine").symlink_to(outside)
    before = sorted((path.name, path.read_bytes()) for path in outside.iterdir())
    environment(root, "prod", "")
    with pytest.raises(WorldError, match="deploy/prod/wine is a symbolic link"):
        write(root, tree(root))
    assert sorted((path.name, path.read_bytes()) for path in outside.iterdir()) == before
