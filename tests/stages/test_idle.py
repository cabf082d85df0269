"""A no-op that is right: whatever changes, the next command says so."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modelspec import __main__ as entry
from modelspec.adapters import index
from modelspec.plan.tags import message, parse
from tests.released import ENVIRONMENT, git, released

UP_TO_DATE = "wine   1.0.0 is up to date."
SPEC, DATA = "models/wine/model.yaml", "models/wine/wine.csv"
RENDERED = "deploy/default/wine/serving.yaml"


class Work:
    """A repository, and what modelspec says in it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def says(self, *words: str) -> str:
        """The exit code, and all that is printed; durations left out."""
        code = entry._run(list(words))
        said = self._capsys.readouterr()
        return re.sub(r" \([0-9.]+ s\)", "", f"{code}\n{said.out}{said.err}")

    def kept(self) -> bool:
        """Whether an answer is kept that still holds."""
        return index.answer(str(self.root), index.idle("", [])) is not None

    def forget(self) -> None:
        shutil.rmtree(self.root / ".modelspec")

    def path(self, name: str) -> Path:
        return self.root / name

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_text("utf-8")
        assert old in text
        self.path(name).write_text(text.replace(old, new, 1))

    def commit(self) -> None:
        git(self.root, "add", "models")
        git(self.root, "commit", "-q", "--allow-empty", "-m", "change")


@pytest.fixture
def work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Work:
    """A released model; the answer that there is nothing to do is kept."""
    root = tmp_path / "here"
    root.mkdir()
    released(root, "wine")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.chdir(root)
    made = Work(root, capsys)
    assert UP_TO_DATE in made.says("apply")
    time.sleep(0.02)  # a tick of the disk's clock
    assert UP_TO_DATE in made.says("plan")
    assert made.kept()
    return made


def same_size_and_time(work: Work) -> None:
    path = work.path(SPEC)
    before = path.stat()
    work.edit(SPEC, "epochs: 300", "epochs: 301")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def another_release(work: Work) -> None:
    said = git(work.root, "cat-file", "tag", "wine/v1.0.0").partition("\n\n")[2]
    record = parse(said.encode())
    assert record
    file = work.root / ".git" / "message"
    file.write_bytes(message("wine 1.0.1", {**record, "version": "1.0.1"}))
    git(work.root, "tag", "-a", "--cleanup=verbatim", "-F", str(file), "wine/v1.0.1", "HEAD")


def edited_and_committed(work: Work) -> None:
    work.edit(SPEC, "epochs: 300", "epochs: 301")
    work.commit()


def another_head(work: Work) -> None:
    edited_and_committed(work)
    git(work.root, "checkout", "-q", "HEAD~1")
    assert UP_TO_DATE in work.says("plan")
    time.sleep(0.02)
    assert UP_TO_DATE in work.says("plan")
    git(work.root, "checkout", "-q", "main")


def another_spec(work: Work) -> None:
    shutil.copytree(work.path("models/wine"), work.path("models/wine2"))
    work.edit("models/wine2/model.yaml", "name: wine", "name: wine2")


PLANS: dict[str, tuple[Callable[[Work], object], str]] = {
    "a byte of the spec": (
        lambda work: work.edit(SPEC, "epochs: 300", "epochs: 30"),
        "train.epochs: 300 -> 30",
    ),
    "a byte of the spec, its size and time as before": (
        same_size_and_time,
        "train.epochs: 300 -> 301",
    ),
    "a byte of the data": (
        lambda work: work.edit(DATA, "13.", "14."),
        "not committed yet: models/wine/wine.csv",
    ),
    "a commit": (edited_and_committed, "train.epochs: 300 -> 301"),
    "another HEAD": (another_head, "train.epochs: 300 -> 301"),
    "a tag made": (another_release, "wine   1.0.1 is released, its files are out of date"),
    "a tag deleted": (lambda work: git(work.root, "tag", "-d", "wine/v1.0.0"), "first release"),
    "data taken out of the commit": (
        lambda work: git(work.root, "rm", "-q", "--cached", DATA),
        "not committed yet: models/wine/wine.csv",
    ),
    "a spec added": (another_spec, "wine2"),
    "the last spec removed": (
        lambda work: work.path(SPEC).unlink(),
        "wine   nothing asks for it any more",
    ),
}


@pytest.mark.parametrize(("change", "expected"), PLANS.values(), ids=PLANS)
def test_a_plan_tells_what_has_changed_since_there_was_nothing_to_do(
    work: Work, change: Callable[[Work], object], expected: str
) -> None:
    change(work)
    assert not work.kept()
    said = work.says("plan")
    assert expected in said
    work.forget()
    assert work.says("plan") == said


RENDERS: dict[str, Callable[[Work], object]] = {
    "a rendered file edited": lambda work: work.edit(RENDERED, "Deployment", "DaemonSet_"),
    "a rendered file removed": lambda work: work.path(RENDERED).unlink(),
    "a lock edited": lambda work: work.edit(
        "deploy/default/wine/release.lock", '"owner": "examples"', '"owner": "somebody"'
    ),
}


@pytest.mark.parametrize("change", RENDERS.values(), ids=RENDERS)
def test_what_is_rendered_is_looked_at_again_when_a_file_has_changed(
    work: Work, change: Callable[[Work], object]
) -> None:
    assert work.says("render", "--check").startswith("0\n")
    change(work)
    assert not work.kept()
    said = work.says("render", "--check")
    assert said.startswith("7\n") or "is not what its release.lock renders to" in said
    assert "deploy/default/wine: " in work.says("apply", "--force")
    time.sleep(0.02)
    assert UP_TO_DATE in work.says("plan")
    assert work.kept()


@pytest.mark.parametrize(
    "name", ["modelspec.yaml", "environments/prod.yaml", "templates/x.j2", "models/wine/model.lock"]
)
def test_a_file_that_could_matter_is_looked_at(work: Work, name: str) -> None:
    work.path(name).parent.mkdir(exist_ok=True)
    work.path(name).write_text("")
    assert not work.kept()


TOOLS = {
    "modelspec/__init__.py": ('__version__ = "', '__version__ = "9.', "0 "),
    "modelspec/render/kubernetes.py": ("USER = 10001", "USER = 10002", "7 serving.yaml"),
    "templates/kubernetes/serving.yaml.j2": ("periodSeconds: 5", "periodSeconds: 6", "7 serving"),
}


def test_another_modelspec_looks_again(work: Work) -> None:
    """Run as users run it: the tool is a copy that can be changed."""
    package = Path(index.__file__).parents[1]
    tool = work.root.parent / "tool"
    shutil.copytree(package, tool / "modelspec")
    shutil.copytree(package.parent / "templates", tool / "templates")

    def says(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "modelspec", *words],
            env={**os.environ, "PYTHONPATH": str(tool)},
            capture_output=True,
            text=True,
            check=False,
        )
        return f"{done.returncode} {done.stdout}{done.stderr}"

    def kept() -> bool:
        """What this test would keep is another answer: the copy lies elsewhere."""
        (file,) = (work.root / ".modelspec" / "index").iterdir()
        before = file.stat().st_ino
        assert UP_TO_DATE in says("plan")
        return file.stat().st_ino == before

    says("apply")
    says("plan")
    assert kept()
    for name, (old, new, _) in TOOLS.items():
        text = (tool / name).read_text("utf-8")
        assert old in text
        (tool / name).write_text(text.replace(old, new, 1))
        said = says("render", "--check")
        assert said.startswith(TOOLS[name][2][0]), said
        assert TOOLS[name][2][2:] in said
        if said.startswith("7"):
            says("apply")
            time.sleep(0.02)
        assert not kept()
        assert kept()


def test_an_answer_for_some_models_holds_in_its_folder_only(work: Work) -> None:
    assert UP_TO_DATE in work.says("plan", SPEC)
    assert index.answer(str(work.root), index.idle(str(work.root), [SPEC]))
    os.chdir(work.root / "models")
    assert "there is no file models/wine/model.yaml" in work.says("plan", SPEC)
    assert UP_TO_DATE in work.says("plan", "wine/model.yaml")


def test_what_is_kept_may_be_deleted_and_is_not_seen_by_git(work: Work) -> None:
    assert git(work.root, "status", "--short", "--", ".modelspec") == ""
    (work.root / ".gitignore").unlink()
    assert git(work.root, "status", "--short", "--", ".modelspec") == ""
    work.forget()
    assert UP_TO_DATE in work.says("plan")
