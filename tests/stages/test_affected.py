from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelspec.adapters.git import Repository
from modelspec.diagnostics import InputError, WorldError
from modelspec.spec.model_lock import BasePin, ModelLock
from modelspec.stages.affected import affected
from tests.released import git

SPEC = """\
apiVersion: modelspec/v1
kind: Model
metadata: {name: NAME}
task: regression
data: {source: rows.csv, target: y}
model: {type: linear}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three models in one commit."""
    git(tmp_path, "init", "-q", "-b", "main")
    for name in ("a", "b", "c"):
        write(tmp_path, name, SPEC.replace("NAME", name))
        (tmp_path / name / "rows.csv").write_text("x,y\n1,2\n")
    return commit(tmp_path)


def write(root: Path, folder: str, text: str) -> None:
    (root / folder).mkdir(exist_ok=True)
    (root / folder / "model.yaml").write_text(text)


def commit(root: Path) -> Path:
    git(root, "add", ".")
    git(root, "commit", "-q", "--allow-empty", "-m", "change")
    return root


def since(root: Path, revision: str = "HEAD~1") -> list[str]:
    return affected(Repository.open(root), revision)


def _data(root: Path) -> None:
    (root / "b" / "rows.csv").write_text("x,y\n1,3\n")


def _spec(root: Path) -> None:
    write(root, "b", SPEC.replace("NAME", "b").replace("linear", "mlp"))


def _new(root: Path) -> None:
    git(root, "mv", "b", "d")
    write(root, "d", SPEC.replace("NAME", "d"))


def _comment(root: Path) -> None:
    write(root, "b", "# about b\n" + SPEC.replace("NAME", "b"))


def _default(root: Path) -> None:
    write(root, "b", SPEC.replace("NAME", "b") + "train: {epochs: 50}\n")


def _moved(root: Path) -> None:
    git(root, "mv", "b", "elsewhere")


def _gone(root: Path) -> None:
    git(root, "rm", "-q", "-r", "b")


def _lock(root: Path, name: str = "python:3.11-slim-bookworm") -> None:
    lock = ModelLock(lock=1, base={name: BasePin(id="sha256:" + "1" * 64)})
    (root / "b" / "model.lock").write_text(lock.text())


def _lock_of_something_else(root: Path) -> None:
    _lock(root, "other:3.11")


def _other_file(root: Path) -> None:
    (root / "b" / "README.md").write_text("about b\n")


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (_data, ["b"]),
        (_spec, ["b"]),
        (_new, ["d"]),
        (_comment, []),
        (_default, []),
        (_moved, []),
        (_gone, []),
        (_lock, ["b"]),
        (_lock_of_something_else, []),
        (_other_file, []),
    ],
)
def test_a_model_is_affected_if_its_inputs_differ(
    root: Path, change: Callable[[Path], None], names: list[str]
) -> None:
    change(root)
    commit(root)
    assert since(root) == names


def test_what_is_not_committed_affects_nothing(root: Path) -> None:
    commit(root)
    _data(root)
    assert since(root) == []


def test_a_spec_that_was_wrong_before_is_affected(root: Path) -> None:
    write(root, "b", "kind: Model\n")
    commit(root)
    write(root, "b", SPEC.replace("NAME", "b"))
    commit(root)
    assert since(root) == ["b"]
    assert since(root, "HEAD~2") == []


def test_every_mistake_of_the_specs_of_head_is_told(root: Path) -> None:
    for name in ("a", "c"):
        write(root, name, SPEC.replace("NAME", name).replace("linear", "liner"))
    commit(root)
    with pytest.raises(InputError) as caught:
        since(root)
    files = [d.location.file for d in caught.value.diagnostics if d.location]
    assert files == ["a/model.yaml", "c/model.yaml"]


def test_a_lock_that_is_wrong_is_told_with_its_place(root: Path) -> None:
    (root / "b" / "model.lock").write_text("{")
    commit(root)
    with pytest.raises(InputError, match=r"^b/model\.lock:1:1: this mapping is never closed"):
        since(root)


def test_a_commit_may_have_any_name_of_git(root: Path) -> None:
    git(root, "tag", "-a", "-m", "one", "one")
    _data(root)
    commit(root)
    for name in ("one", "HEAD^", "main~1", git(root, "rev-parse", "HEAD~1")[:9]):
        assert since(root, name) == ["b"]
    assert since(root, "HEAD") == []


@pytest.mark.parametrize("name", ["nope", "", "--all", "HEAD:a", "a b", "HEAD~9", "-h"])
def test_what_names_no_commit_is_refused(root: Path, name: str) -> None:
    with pytest.raises(WorldError, match="there is no commit"):
        since(root, name)
