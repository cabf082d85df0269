"""Which specs a command is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelspec.diagnostics import InputError, WorldError
from modelspec.stages.select import WorktreeFiles, select, worktree

SPECS = {"models/churn/model.yaml": "churn", "models/fraud/model.yaml": "fraud"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with two specs, and one more with a name of its own."""
    for path, name in {**SPECS, "extra/other.yaml": "other"}.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(f"metadata:\n  name: {name}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def chosen(root: Path, *words: str) -> list[str]:
    """What `select` makes of words in the work tree."""
    return select(
        words, root, WorktreeFiles(root), worktree(root), lambda p: (root / p).read_bytes()
    )


def test_without_words_all_specs_are_meant(root: Path) -> None:
    assert chosen(root) == list(SPECS)


def test_a_name_finds_its_spec(root: Path) -> None:
    assert chosen(root, "fraud") == ["models/fraud/model.yaml"]


def test_a_path_finds_any_file_from_the_current_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "extra")
    assert chosen(root, "other.yaml") == ["extra/other.yaml"]
    assert chosen(root, "../models/churn/model.yaml") == ["models/churn/model.yaml"]


def test_a_spec_named_twice_is_meant_once(root: Path) -> None:
    assert chosen(root, "churn", "models/churn/model.yaml") == ["models/churn/model.yaml"]


def test_a_misspelled_name_is_told_with_the_nearest(root: Path) -> None:
    with pytest.raises(InputError, match="did you mean churn"):
        chosen(root, "churm")


def test_a_path_that_is_not_there_or_outside_is_refused(root: Path) -> None:
    with pytest.raises(WorldError, match=r"no file models/none\.yaml"):
        chosen(root, "models/none.yaml")
    with pytest.raises(WorldError, match="not inside"):
        chosen(root, "../outside.yaml")


def test_a_file_that_is_not_committed_is_told_apart_from_none(root: Path) -> None:
    with pytest.raises(WorldError, match="not committed"):
        select(["extra/other.yaml"], root, {}, [], lambda p: b"")


def test_two_specs_of_one_name_clash_only_if_both_are_selected(root: Path) -> None:
    (root / "extra/model.yaml").write_text("metadata:\n  name: churn\n")
    assert chosen(root, "models/churn/model.yaml") == ["models/churn/model.yaml"]
    with pytest.raises(InputError, match="two specs are named churn"):
        chosen(root, "churn")
    with pytest.raises(InputError, match="two specs are named churn"):
        chosen(root)


def test_no_spec_at_all_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="modelspec init"):
        chosen(tmp_path)


def test_hidden_folders_are_not_searched(root: Path) -> None:
    (root / ".venv/lib").mkdir(parents=True)
    (root / ".venv/lib/model.yaml").write_text("metadata: {name: hidden}\n")
    assert "hidden" not in str(chosen(root))
