"""What people install is a wheel: it is built, installed elsewhere, and tried there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from email.parser import Parser
from pathlib import Path

import pytest

from tests import golden
from tests.released import ENVIRONMENT, released

ROOT = Path(__file__).parents[1]
Run = Callable[..., str]


def build(source: Path, kind: str, folder: Path) -> Path:
    """Build a wheel or an sdist of a source tree, with the backend of this environment."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, timeout=120, stderr=subprocess.DEVNULL)
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the installed wheel."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--target", str(folder), str(wheel)], check=True, timeout=120)
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return released(tmp_path / "repository", "wine")


@pytest.fixture
def run(installed: Path, repository: Path, tmp_path: Path) -> Run:
    """Runs the installed program in the repository; the installed copy comes first."""

    def runner(*command: str) -> str:
        done = subprocess.run(
            command,
            cwd=repository,
            env={
                **ENVIRONMENT,
                "PYTHONPATH": str(installed),
                "PATH": f"{installed / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "XDG_CACHE_HOME": str(tmp_path / "cache"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return runner


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_the_package_its_templates_and_the_pins_of_the_image(wheel: Path) -> None:
    names = {name for name in contents(wheel) if ".dist-info/" not in name}
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "modelspec").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    templates = {
        f"modelspec/_templates/{path.relative_to(ROOT / 'templates').as_posix()}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }
    assert {"modelspec/serving/requirements-onnx.txt", "modelspec/py.typed"} <= package
    assert len(templates) > 2
    assert names == package | templates


def test_the_wheel_asks_for_the_small_libraries_only(wheel: Path) -> None:
    (text,) = (t for name, t in contents(wheel).items() if name.endswith("dist-info/METADATA"))
    metadata = Parser().parsestr(text.decode())
    wanted = metadata.get_all("Requires-Dist") or []
    core = {line.split(">")[0] for line in wanted if "extra ==" not in line}
    small = {"docker", "gitpython", "jinja2", "packaging", "pydantic", "pyyaml", "rich", "typer"}
    assert core == small
    assert metadata["License-Expression"] == "Apache-2.0"


def test_the_sdist_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    packed = build(ROOT, "sdist", tmp_path / "packed")
    (tmp_path / "source").mkdir()
    subprocess.run(["tar", "-xf", packed, "-C", tmp_path / "source"], check=True)
    (source,) = (tmp_path / "source").iterdir()
    again = build(source, "wheel", tmp_path / "again")
    assert contents(again) == contents(wheel)
    assert not (source / ".venv").exists()
    assert not (source / ".modelspec").exists()


def test_what_runs_is_the_installed_copy(run: Run, installed: Path) -> None:
    code = "import modelspec; print(modelspec.__file__)"
    assert run(sys.executable, "-P", "-c", code).strip() == str(
        installed / "modelspec" / "__init__.py"
    )
    folder = run(
        sys.executable,
        "-P",
        "-c",
        "from modelspec.adapters import templates as t; print(t.folder())",
    )
    assert folder.strip() == str(installed / "modelspec" / "_templates")


def test_the_installed_program_answers(run: Run) -> None:
    assert "Usage: modelspec " in run("modelspec", "--help")
    assert run("modelspec", "validate") == "models/wine/model.yaml: ok\n"
    assert "1.0.0 is up to date" in run("modelspec", "plan")


def test_the_installed_program_renders_an_example_outside_the_checkout(
    run: Run, repository: Path
) -> None:
    folder = repository / "deploy" / "default" / "wine"
    for path in folder.glob("*.yaml"):
        path.unlink()
    run("modelspec", "render")
    expected = golden.EXAMPLES / "wine" / "rendered"
    assert sorted(path.name for path in folder.glob("*.yaml")) == [
        "monitoring.yaml",
        "serving.yaml",
    ]
    for path in expected.iterdir():
        assert (folder / path.name).read_text("utf-8") == path.read_text("utf-8")
    run("modelspec", "render", "--check")
