"""Commands that do not need a heavy library do not import it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.released import ENVIRONMENT, released

HEAVY = ("tensorflow", "keras", "polars", "sklearn", "docker", "git")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released(tmp_path_factory.mktemp("released"), "wine")


def imported(root: Path, *words: str, says: str = "") -> set[str]:
    """Every module that a run of Python imports, as Python itself tells."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words],
        cwd=root,
        env={**ENVIRONMENT, "XDG_CACHE_HOME": str(root / ".modelspec" / "user")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert says in done.stdout
    found = set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert "modelspec" in found
    return found


def heavy(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules} & set(HEAVY)


def test_the_command_line_imports_nothing_heavy(tmp_path: Path) -> None:
    assert not heavy(imported(tmp_path, "-c", "import modelspec.cli.app"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["validate"], "models/wine/model.yaml: ok"),
        (["plan"], "wine   1.0.0 is up to date."),
        (["plan", "--", "wine"], "wine   1.0.0 is up to date."),
        (["apply"], "wine   1.0.0 is up to date."),
        (["apply", "--", "wine"], "wine   1.0.0 is up to date."),
        (["render"], "all files are up to date"),
        (["render", "--check"], "all files are up to date"),
        (["status"], "up to date"),
        (["status", "--outdated", "--json"], '"models": []'),
        (["validate", "--format", "json"], '"diagnostics": []'),
        (["validate", "--format", "github"], "no problems"),
        (["affected", "--since", "HEAD", "--json"], '"affected": []'),
        (["schema"], "json-schema.org"),
    ],
    ids=lambda part: part if isinstance(part, str) else " ".join(part),
)
def test_a_command_with_nothing_to_train_imports_nothing_heavy(
    repository: Path, words: list[str], says: str
) -> None:
    assert not heavy(imported(repository, "-m", "modelspec", *words, says=says))


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_nothing_to_do_is_found_without_the_language_and_the_command_line(
    repository: Path, command: str
) -> None:
    modules = imported(repository, "-m", "modelspec", command, says="up to date")
    assert not {"typer", "pydantic", "yaml", "jinja2", "rich"} & modules


def test_rendering_anew_imports_nothing_heavy(repository: Path) -> None:
    file = repository / "deploy" / "default" / "wine" / "serving.yaml"
    file.unlink()
    assert not heavy(imported(repository, "-m", "modelspec", "render", says="serving.yaml"))
    assert file.is_file()


LANGUAGE = {"typer", "rich", "click", "pydantic", "subprocess", "importlib.metadata", "yaml"}


@pytest.mark.parametrize("command", ["render", "render --check"])
def test_what_was_released_is_rendered_without_the_language_and_the_command_line(
    repository: Path, command: str
) -> None:
    shutil.rmtree(repository / ".modelspec", ignore_errors=True)
    shown = imported(repository, "-m", "modelspec", *command.split(), says="up to date")
    assert "jinja2" in shown
    assert not LANGUAGE & shown


@pytest.mark.parametrize(
    ("command", "says"), [("validate", "model.yaml: ok"), ("plan wine", "up to date")]
)
def test_what_is_right_is_found_without_the_command_line(
    repository: Path, command: str, says: str
) -> None:
    shown = imported(repository, "-m", "modelspec", *command.split(), says=says)
    assert not {"typer", "rich", "click"} & shown


def test_a_heavy_import_would_be_seen(tmp_path: Path) -> None:
    assert heavy(imported(tmp_path, "-c", "import modelspec, modelspec.data.table")) == {"polars"}
