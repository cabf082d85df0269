"""Promotions to a branch that moves meanwhile, and promotions that are killed."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.released import ENVIRONMENT, git
from tests.stages.delivered import (
    UP_TO_DATE,
    apply,
    check,
    failure,
    hand_over,
    line,
    tip,
    two_models,
)
from tests.stories.project import SCRIPT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone of a bare remote with two models, each with a published release."""
    return two_models(tmp_path)


def test_a_commit_that_the_branch_left_behind_promotes_nothing(root: Path) -> None:
    old = git(root, "rev-parse", "HEAD")
    hand_over(root, "cellar", "1.0.1")
    apply(root)
    made = tip(root)
    git(root, "checkout", "-q", old)
    said = apply(root).output
    assert "wine   superseded: the branch asks for other inputs by now\n" in said
    assert "promote" not in said
    assert tip(root) == made
    assert line(root) == "wine: 1.0.1"


def meanwhile(root: Path, script: str, *, times: int) -> None:
    """Have something happen between the decision and the push, the first few times."""
    hook = root / ".git" / "hooks" / "pre-push"
    count = root.parent / "count"
    hook.write_text(
        f"#!/bin/sh\necho >> {count}\n[ $(wc -l < {count}) -gt {times} ] && exit 0\n"
        f"unset GIT_DIR GIT_WORK_TREE GIT_PREFIX\ncd {root.parent}/other && {script}\n"
    )
    hook.chmod(0o755)
    remote = git(root, "remote", "get-url", "origin")
    git(root.parent, "clone", "-q", remote, "other")


PUSH = "git commit -q --allow-empty -m 'Somebody was faster' && git push -q origin HEAD:main"


@pytest.mark.parametrize("times", [1, 4])
def test_a_branch_that_moved_meanwhile_is_taken_as_it_is_then(
    root: Path, tmp_path: Path, times: int
) -> None:
    meanwhile(root, PUSH, times=times)
    assert apply(root).exit_code == 0
    subjects = git(root, "log", "--format=%s", tip(root)).splitlines()
    assert subjects[: times + 1] == [
        "Promote 2 models to staging",
        *["Somebody was faster"] * times,
    ]
    assert UP_TO_DATE in check(root, tmp_path)


def test_a_branch_that_never_stands_still_is_a_conflict(root: Path) -> None:
    meanwhile(root, PUSH, times=9)
    assert failure(apply(root)).exit_code == 8
    assert line(root) == ""


def test_what_somebody_else_promoted_meanwhile_stays(root: Path, tmp_path: Path) -> None:
    meanwhile(root, f"{SCRIPT} apply --push diabetes >&2", times=1)
    assert apply(root, "wine").exit_code == 0
    assert (line(root), line(root, "diabetes")) == ("wine: 1.0.0", "diabetes: 1.0.0")
    assert UP_TO_DATE in check(root, tmp_path)


def test_inputs_that_changed_meanwhile_are_not_promoted(root: Path) -> None:
    change = "sed -i 's/owner: .*/owner: x/' models/wine/model.yaml && git commit -qam x"
    meanwhile(root, f"{change} && git push -q origin HEAD:main", times=1)
    said = apply(root).output
    assert "wine   superseded" in said
    assert (line(root), line(root, "diabetes")) == ("", "diabetes: 1.0.0")


@pytest.mark.parametrize("options", [(), ("--depth=1",), ("--depth=1", "--no-tags")])
def test_a_clone_that_was_cut_off_promotes_as_well(
    root: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    remote = git(root, "remote", "get-url", "origin")
    git(tmp_path, "clone", "-q", *options, f"file://{remote}", "there")
    assert apply(tmp_path / "there").exit_code == 0
    assert line(root) == "wine: 1.0.0"
    git(root, "fsck", "--strict")


def run_until_killed(root: Path, tmp_path: Path) -> int:
    """Run it where hooks know which process to kill."""
    environment = {**ENVIRONMENT, "PIDS": str(tmp_path / "pid")}
    process = subprocess.Popen(
        [SCRIPT, "apply", "--push"],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    (tmp_path / "pid").write_text(str(process.pid))
    process.communicate(timeout=60)
    return process.returncode


@pytest.mark.parametrize("where", ["pre-push here", "pre-receive there", "post-receive there"])
def test_a_promotion_that_was_killed_is_made_once(root: Path, tmp_path: Path, where: str) -> None:
    name, _, place = where.partition(" ")
    remote = Path(git(root, "remote", "get-url", "origin"))
    hook = (root / ".git" if place == "here" else remote) / "hooks" / name
    hook.write_text("#!/bin/sh\nkill -9 $(cat $PIDS)\n")
    hook.chmod(0o755)
    refs = git(root, "for-each-ref")
    status = git(root, "status", "-s")
    assert run_until_killed(root, tmp_path) == -signal.SIGKILL
    hook.unlink()
    assert git(root, "status", "-s") == status
    assert apply(root).exit_code == 0
    assert line(root) == "wine: 1.0.0"
    assert git(root, "log", "--format=%s", tip(root)).splitlines()[:2] == [
        "Promote 2 models to staging",
        "Add environments",
    ]
    assert UP_TO_DATE in check(root, tmp_path)
    kept = [ref for ref in git(root, "for-each-ref").splitlines() if "refs/remotes" not in ref]
    assert kept == [ref for ref in refs.splitlines() if "refs/remotes" not in ref]
    git(root, "fsck", "--strict")
