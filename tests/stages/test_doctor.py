from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from modelspec.adapters import machine
from modelspec.stages import doctor
from tests.released import ENVIRONMENT, committed

SCRIPT = Path(sys.executable).with_name("modelspec")
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
STATES = ("ok", "missing", "not needed")


def run(root: Path, *, code: int = 0, **variables: str) -> dict[str, list[tuple[str, str]]]:
    """Name to state and text of what `modelspec doctor` prints; its layout is checked."""
    home = str(root / "home")
    done = subprocess.run(
        [SCRIPT, "doctor"],
        cwd=root,
        env={
            **ENVIRONMENT,
            "HOME": home,
            "XDG_CACHE_HOME": f"{home}/cache",
            **NO_ENGINE,
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == ""
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for line in done.stdout.splitlines():
        assert len(line) <= 80 or " " not in line[24:]
        head, state, text = line[:10].strip(), line[12:22].strip(), line[24:]
        if head:
            assert state in STATES
            name = head
            found.setdefault(name, []).append((state, text))
        else:
            state, said = found[name][-1]
            found[name][-1] = state, f"{said} {text}"
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a spec, and without a base image."""
    return committed(tmp_path, "wine")


def test_outside_a_repository_only_the_machine_is_looked_at(tmp_path: Path) -> None:
    found = run(tmp_path, code=6)  # no engine, and no archive of the default base either
    assert found["repository"][0][0] == "not needed"
    assert "work" not in found
    assert "registry" not in found
    ((state, text),) = found["base image"]
    assert state == "missing"
    assert "python:3.11-slim-bookworm is not here" in text
    assert "fix: docker save python:3.11-slim-bookworm -o .modelspec/bases/" in text
    for name in ("git", "cache", "training", "YAML"):
        assert found[name][0][0] == "ok"
    assert list(tmp_path.iterdir()) == []


def test_base_images_of_all_specs_are_looked_for(root: Path) -> None:
    spec = root / "models" / "wine" / "model.yaml"
    other = root / "models" / "other" / "model.yaml"
    other.parent.mkdir()
    other.write_text(spec.read_text("utf-8") + "container: {base: 'python:3.11-slim'}\n")
    wrong = root / "models" / "wrong" / "model.yaml"
    wrong.parent.mkdir()
    wrong.write_text("kind: Model\n")
    images = [text.split(" ")[0] for _, text in run(root, code=6)["base image"]]
    assert images == ["python:3.11-slim", "python:3.11-slim-bookworm"]


def test_an_archive_that_cannot_be_read_is_missing(root: Path) -> None:
    archive = root / "base.tar"
    archive.write_bytes(b"no archive")
    found = run(root, code=6, MODELSPEC_BASE_ARCHIVE=str(archive))
    assert found["base image"][0][0] == "missing"
    assert str(archive) in found["base image"][0][1]


def test_a_broken_configuration_of_docker_is_told(root: Path) -> None:
    (root / "config.json").write_text('{"auths": ["not", "a", "mapping"]}')
    ((state, text),) = run(root, code=6, DOCKER_CONFIG=str(root))["engine"]
    assert state == "missing"
    assert "docker's own configuration is broken" in text


def test_a_machine_without_git_is_told_what_to_install(root: Path) -> None:
    found = run(root, code=6, PATH=str(root))
    assert found["git"] == [
        ("missing", "git is not installed, or not on PATH fix: apt-get install git")
    ]


@pytest.mark.parametrize(
    ("registry", "config", "state"),
    [
        ("registry.example.org/team", None, "missing"),
        ("registry.example.org/team", {"auths": {"other.example.org": {}}}, "missing"),
        ("registry.example.org/team", {"auths": {"registry.example.org": {}}}, "ok"),
        ("registry.example.org/team", {"auths": {"https://registry.example.org/v1/": {}}}, "ok"),
        ("registry.example.org/team", {"credHelpers": {"registry.example.org": "x"}}, "ok"),
        ("registry.example.org/team", ["not", "a", "mapping"], "missing"),
        ("localhost:5000/team", None, "not needed"),
        (None, None, "not needed"),
    ],
)
def test_credentials_are_looked_for_where_the_project_pushes_to(
    root: Path, registry: str | None, config: object, state: str
) -> None:
    if registry:
        text = f"apiVersion: modelspec/v1\nkind: Project\nregistry: {registry}\n"
        (root / "modelspec.yaml").write_text(text)
    docker = root / "docker"
    docker.mkdir()
    if config is not None:
        (docker / "config.json").write_text(json.dumps(config))
    ((found, text),) = run(root, code=6, DOCKER_CONFIG=str(docker))["registry"]
    assert found == state
    if state == "missing":
        assert "fix: docker login registry.example.org" in text


def test_a_project_file_that_is_wrong_is_said_to_be(root: Path) -> None:
    (root / "modelspec.yaml").write_text("kind: Project\n")
    ((state, text),) = run(root, code=6)["registry"]
    assert (state, text) == ("missing", "modelspec.yaml is wrong fix: modelspec plan says where")


def test_libraries_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: Mapping[str, str] = {"tensorflow": "2.21.0", "numpy": "2.0"}

    def version(name: str) -> str:
        if name not in installed:
            raise PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(doctor, "version", version)
    found = next(f for f in doctor.examine(Path("/")) if f.name == "training")
    assert found.state == "missing"
    assert "polars, scikit-learn" in found.found
    assert "tensorflow" not in found.found
    assert found.fix == "pip install 'modelspec[train]'"


def test_the_libraries_are_those_that_training_brings() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    extra = project["project"]["optional-dependencies"]["train"]
    named = {name for names in doctor.TRAINING for name in names}
    assert named == {re.split(r"[<>=; ]", requirement)[0] for requirement in extra}


def test_a_parser_without_libyaml_is_slow_but_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "HAS_C_PARSER", False)
    found = next(f for f in doctor.examine(Path("/")) if f.name == "YAML")
    assert found.state == "not needed"
    assert "libyaml" in found.fix


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "free_bytes", lambda path: 300_000_000)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = next(f for f in doctor.examine(Path("/")) if f.name == "cache")
    assert found.state == "missing"
    assert "only 0.3 GB free" in found.found


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(tmp_path: Path) -> None:
    assert machine.writable(tmp_path / "a" / "b")
    assert machine.free_bytes(tmp_path / "a" / "b") > 0
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_cannot_be_written_below(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    assert not machine.writable(tmp_path / "cache" / "modelspec")
    assert not machine.writable(tmp_path / "cache")
