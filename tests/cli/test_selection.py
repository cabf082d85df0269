"""Every command about models takes names, paths, folders, patterns, labels and owners."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from modelspec.cli.app import app
from modelspec.diagnostics import InputError
from tests.released import git, inside
from tests.released import released as released_root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`wine` of the team tasting, which is released; `diabetes` of no team, which is not."""
    root = tmp_path_factory.mktemp("selected")
    released_root(root, "wine")
    shutil.copytree(
        root / "models" / "wine", root / "models" / "other", ignore=shutil.ignore_patterns("*.lock")
    )
    spec = root / "models" / "other" / "model.yaml"
    text = spec.read_text()
    text = text.replace("name: wine", "name: other\n  labels: {team: tasting, tier: gold}")
    spec.write_text(text.replace("owner: examples", "owner: somebody"))
    assert "somebody" in spec.read_text()
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Add another")
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "root"))


def run(root: Path, *words: str) -> Result:
    with inside(root):
        return CliRunner().invoke(app, words)


WORDS = [
    ["other"],
    ["models/other"],
    ["models/oth*"],
    ["--label", "team=tasting"],
    ["--label", "team", "--label", "tier!=free"],
    ["--owner", "somebody"],
    ["models/", "--owner", "somebody"],
]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
@pytest.mark.parametrize("command", ["validate", "plan", "status", "affected --since HEAD~1"])
def test_a_command_is_about_what_was_selected(root: Path, command: str, words: list[str]) -> None:
    done = run(root, *command.split(), *words)
    assert done.exit_code == 0, done.output
    assert "other" in done.output
    assert "wine   " not in done.output
    assert "models/wine/model.yaml" not in done.output


def test_without_a_selection_both_are_meant(root: Path) -> None:
    assert {m["name"] for m in json.loads(run(root, "status", "--json").output)["models"]} == {
        "other",
        "wine",
    }


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "render", "status"])
def test_nothing_selected_is_an_error(root: Path, command: str) -> None:
    done = run(root, command, "--label", "team=testing")
    assert isinstance(done.exception, InputError)
    assert "did you mean team=tasting?" in str(done.exception)


@pytest.mark.parametrize("label", ["", "=x", "a=b=c", "a b", "a,b"])
def test_what_is_no_label_is_a_wrong_command_line(root: Path, label: str) -> None:
    done = run(root, "status", "--label", label)
    assert done.exit_code == 2
    assert "write KEY=VALUE, KEY!=VALUE, or KEY alone" in done.output


def test_only_the_files_of_what_was_selected_are_rendered(root: Path) -> None:
    file = root / "deploy" / "default" / "wine" / "monitoring.yaml"
    text = file.read_text()
    file.write_text(text + "# by hand\n")
    assert "up to date" in run(root, "render", "--check", "other").output
    assert run(root, "render", "--check", "wine").exception
    assert "monitoring.yaml" in run(root, "render", "--force", "models/w*").output
    assert file.read_text() == text


def test_a_plan_says_how_to_apply_just_that(root: Path) -> None:
    said = run(root, "plan", "--label", "tier!=free", "models/ot*").output
    assert "Run it with: modelspec apply 'models/ot*' --label 'tier!=free'" in said


def test_another_label_is_metadata_only(root: Path) -> None:
    spec = root / "models" / "wine" / "model.yaml"
    spec.write_text(spec.read_text().replace("name: wine", "name: wine\n  labels: {tier: gold}"))
    git(root, "commit", "-qam", "Sort it")
    said = run(root, "plan", "wine").output
    assert "1.0.0 -> 1.0.1" in said
    assert "metadata only" in said
    assert "metadata.labels.tier: (default) -> gold" in said
