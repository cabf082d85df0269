"""`modelspec init --github`: the workflow it writes, and what it says is left to set."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelspec.stages.init_github import WORKFLOW
from tests.github.runner import parsed
from tests.released import ENVIRONMENT, git

SCRIPT = Path(sys.executable).with_name("modelspec")
COMMIT = "0123456789" * 4


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    return tmp_path


def init(root: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [SCRIPT, "init", *words],
        cwd=root,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_with_its_source_the_workflow_is_ready(repository: Path) -> None:
    said = init(repository, "--github", "--from", f"acme/modelspec@{COMMIT}")
    job = parsed(repository / WORKFLOW)["jobs"]["modelspec"]
    assert job["uses"] == f"acme/modelspec/{WORKFLOW}@{COMMIT}"
    assert f"Written to {WORKFLOW}" in said
    assert "<commit>" not in said
    assert "REGISTRY_PASSWORD" in said


def test_without_it_github_refuses_the_file_until_it_is_filled_in(repository: Path) -> None:
    said = init(repository, "--github")
    job = parsed(repository / WORKFLOW)["jobs"]["modelspec"]
    assert job["uses"] == f"<owner>/<repository>/{WORKFLOW}@<commit>"
    assert "where modelspec is on GitHub for <owner>/<repository>" in said


def test_the_registry_is_that_of_the_project(repository: Path) -> None:
    assert "in the file, registry:" in init(repository, "--github")
    (repository / WORKFLOW).unlink()
    header = "apiVersion: modelspec/v1\nkind: Project\n"
    (repository / "modelspec.yaml").write_text(f"{header}registry: ghcr.io/acme/models\n")
    assert "in the file, registry:" not in init(repository, "--github")
    job = parsed(repository / WORKFLOW)["jobs"]["modelspec"]
    assert job["with"]["registry"] == "ghcr.io"


def test_it_is_written_at_the_top_of_the_repository(repository: Path) -> None:
    folder = repository / "models" / "a"
    folder.mkdir(parents=True)
    init(folder, "--github")
    assert (repository / WORKFLOW).is_file()


def test_a_workflow_that_is_there_stays(repository: Path) -> None:
    init(repository, "--github")
    (repository / WORKFLOW).write_text("name: mine\n")
    assert f"{WORKFLOW} exists already" in init(repository, "--github", code=6)
    assert (repository / WORKFLOW).read_text() == "name: mine\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--github", "data.csv"], "--github reads no data"),
        (["--github", "--target", "x"], "--github reads no data"),
        (["--from", f"acme/modelspec@{COMMIT}"], "--from goes with --github"),
        (["--github", "--from", "acme/modelspec@main"], "write OWNER/REPOSITORY@COMMIT"),
        (["--github", "--from", f"a/b/c@{COMMIT}"], "write OWNER/REPOSITORY@COMMIT"),
        ([], "name a CSV file, or give --github"),
    ],
)
def test_words_that_do_not_fit_are_refused(
    repository: Path, words: list[str], message: str
) -> None:
    assert message in init(repository, *words, code=2)
    assert not (repository / ".github").exists()


def test_outside_of_a_repository_nothing_is_written(tmp_path: Path) -> None:
    assert "is not in a git repository" in init(tmp_path, "--github", code=6)
    assert not (tmp_path / ".github").exists()
