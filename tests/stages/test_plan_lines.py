"""A plan lists the version lines that apply is going to write for automatic environments."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from modelspec.cli.app import app
from modelspec.diagnostics import OutOfDate
from tests.released import git, inside
from tests.stages.delivered import apply, commit, line, pull, two_models

STAGING = "environments/staging.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone of a bare remote with two models, each with a published release."""
    return two_models(tmp_path)


def plan(root: Path, *words: str) -> str:
    with inside(root):
        return CliRunner().invoke(app, ["plan", *words]).output


def lines(root: Path, *words: str) -> list[dict[str, Any] | None]:
    said = json.loads(plan(root, "--json", *words))
    return [one["line"] for model in said["models"] for one in model["deploy"]]


@pytest.mark.parametrize("push", [["--push"], []], ids=["push", "here"])
def test_what_runs_for_the_first_time_has_a_line_in_every_form(root: Path, push: list[str]) -> None:
    row = f"  promote   {STAGING}: wine nothing -> 1.0.0\n  render    deploy/staging/wine: 3 files"
    assert row in plan(root, *push)
    expected = {"file": STAGING, "old": None, "new": "1.0.0"}
    assert lines(root, *push) == [expected, expected]
    assert "staging&#46;yaml&#58; wine nothing -&#62; 1&#46;0&#46;0" in plan(
        root, "--markdown", *push
    )


def test_the_lines_of_a_plan_are_those_that_apply_writes(root: Path) -> None:
    apply(root)
    pull(root)
    assert lines(root, "--push") == []
    spec = root / "models" / "wine" / "model.yaml"
    spec.write_text(spec.read_text().replace("owner: examples", "owner: cellar"))
    commit(root, "Another owner")
    assert lines(root, "--push") == [{"file": STAGING, "old": "1.0.0", "new": "1.0.1"}]
    assert f"  promote   {STAGING}: wine 1.0.0 -> 1.0.1\n" in plan(root, "--push")


def test_a_line_that_is_missing_is_work_even_if_all_objects_are_there(root: Path) -> None:
    apply(root)
    pull(root)
    path = root / STAGING
    path.write_text(path.read_text().replace("  wine: 1.0.0\n", ""))
    commit(root, "Take a line away")
    with inside(root):
        done = CliRunner().invoke(app, ["plan", "--push", "--check"])
    assert isinstance(done.exception, OutOfDate)
    assert f"  promote   {STAGING}: wine nothing -> 1.0.0\n" in done.output
    assert "render" not in done.output
    apply(root)
    assert line(root) == "wine: 1.0.0"


def test_a_model_that_goes_takes_its_line_along(root: Path) -> None:
    apply(root)
    pull(root)
    shutil.rmtree(root / "models" / "wine")
    commit(root, "Wine goes")
    assert (
        "wine   nothing asks for it any more\n"
        f"  promote   {STAGING}: wine 1.0.0 -> nothing\n"
        "  remove    deploy/staging/wine: 3 files, 8 objects gone\n"
    ) in plan(root, "--push")
    (gone,) = json.loads(plan(root, "--push", "--json"))["removed"]
    assert gone["line"] == {"file": STAGING, "old": "1.0.0", "new": None}
    apply(root)
    assert line(root) == ""
    assert git(root, "status", "--short") == ""
