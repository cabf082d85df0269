"""A no-op that is right: whatever changes, the next command says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelspec.adapters import index
from modelspec.stages import tree
from tests.released import git
from tests.stages.work import (
    DATA,
    RENDERED,
    SPEC,
    UP_TO_DATE,
    Work,
    another_head,
    another_release,
    edited_and_committed,
    same_size_and_time,
)


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
        folder = work.root / ".modelspec" / "index"
        before = [path.stat().st_ino for path in sorted(folder.iterdir())]
        assert UP_TO_DATE in says("plan")
        return before == [path.stat().st_ino for path in sorted(folder.iterdir())]

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


CHANGES: dict[str, Callable[[Work], object]] = {
    **RENDERS,
    "a lock spelled otherwise": lambda work: work.edit(
        "deploy/default/wine/release.lock", "{", "{ "
    ),
    "a spec removed": lambda work: work.path(SPEC).unlink(),
    "a template": lambda work: put(work, "templates/kubernetes/serving.yaml.j2", "a: {{ name }}\n"),
    "an environment": lambda work: put(work, "environments/prod.yaml", PROD),
}
PROD = "apiVersion: modelspec/v1\nkind: Environment\nmetadata: {name: prod}\n"


def put(work: Work, name: str, text: str) -> None:
    work.path(name).parent.mkdir(parents=True, exist_ok=True)
    work.path(name).write_text(text)


def looks(work: Work) -> list[str]:
    """The folders that `render --check` renders."""
    seen: list[str] = []
    found = tree._found

    def noted(*args: Any) -> Any:
        seen.append(args[3])
        return found(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree, "_found", noted)
        said = work.says("render", "--check")
    assert bool(seen) or said.startswith("0\n1 release.lock, all files are up to date.")
    return seen


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_folder_is_rendered_again_exactly_if_something_changed_for_it(
    work: Work, change: Callable[[Work], object]
) -> None:
    assert looks(work) == ["deploy/default/wine"]
    assert looks(work) == []
    change(work)
    assert looks(work) == ["deploy/default/wine"]
    said = work.says("render", "--check")
    assert not said.startswith("0\n")
    work.forget()
    assert work.says("render", "--check") == said


def test_what_was_just_written_is_looked_at_once_more(work: Work) -> None:
    work.path(RENDERED).unlink()
    assert "render    deploy/default/wine/serving.yaml" in work.says("render")
    time.sleep(0.02)
    assert looks(work) == ["deploy/default/wine"]
    assert looks(work) == []


def test_a_spec_that_moved_is_looked_for_each_time(work: Work) -> None:
    work.path(SPEC).rename(work.path("models/model.yaml"))
    assert looks(work) == looks(work) == ["deploy/default/wine"]
    assert work.says("render", "--check").startswith("0\n")
    work.path("models/model.yaml").unlink()
    assert "belongs to no model that runs there" in work.says("render", "--check")


def test_what_is_behind_a_link_is_looked_at_each_time(work: Work) -> None:
    behind = work.root.parent / "behind"
    work.path(RENDERED).rename(behind)
    work.path(RENDERED).symlink_to(behind)
    assert looks(work) == looks(work) == ["deploy/default/wine"]


def test_what_only_the_long_way_finds_is_kept_too(work: Work) -> None:
    """Environments have to be read, and a comment makes another file of the same inputs."""
    put(work, "environments/prod.yaml", PROD + "models: {wine: 1.0.0}\npromote: automatic\n")
    work.path("deploy/default").rename(work.path("deploy/prod"))
    work.says("render")
    work.edit(SPEC, "epochs: 300", "epochs: 300  # as ever")
    git(work.root, "add", ".")
    git(work.root, "commit", "-q", "-m", "An environment, and a comment")
    time.sleep(0.02)
    for words in ((), ("--check",), ("wine", "--check")):
        said = work.says("plan", *words)
        assert said == f"0\n{UP_TO_DATE}\n"
    assert work.kept()
    assert work.says("apply") == f"0\n{UP_TO_DATE}\n"
    work.edit("environments/prod.yaml", "prod}\n", "prod}\nnamespace: here\n")
    assert not work.kept()
    assert work.says("plan", "--check").startswith("7\n")
