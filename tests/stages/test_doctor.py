from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from modelspec.adapters import machine
from modelspec.spec.model_lock import BasePin
from modelspec.stages import doctor
from modelspec.stages.doctor_repository import base
from tests.adapters.images.parts import registry
from tests.adapters.images.test_push import ADA as HTPASSWD
from tests.released import ENVIRONMENT, committed
from tests.stages.deployed import environment

if TYPE_CHECKING:
    from modelspec.adapters.engine import Engine

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


def project(root: Path, registry: str) -> None:
    text = f"apiVersion: modelspec/v1\nkind: Project\nregistry: {registry}\n"
    (root / "modelspec.yaml").write_text(text)


@pytest.mark.parametrize(
    ("config", "known"),
    [
        (None, False),
        ({"auths": {"other.example.invalid": {}}}, False),
        ({"auths": {"registry.example.invalid": {}}}, True),
        ({"auths": {"https://registry.example.invalid/v1/": {}}}, True),
        ({"credHelpers": {"registry.example.invalid": "x"}}, True),
        (["not", "a", "mapping"], False),
    ],
)
def test_credentials_are_looked_for_where_the_project_pushes_to(
    root: Path, config: object, *, known: bool
) -> None:
    project(root, "registry.example.invalid/team")
    docker = root / "docker"
    docker.mkdir()
    if config is not None:
        (docker / "config.json").write_text(json.dumps(config))
    ((state, text),) = run(root, code=6, DOCKER_CONFIG=str(docker))["registry"]
    host = "registry.example.invalid (modelspec.yaml)"
    assert text.startswith(f"{'' if known else 'no '}credentials for {host};")
    assert state == "missing"  # nobody answers there


def test_without_a_registry_images_stay_here(root: Path) -> None:
    ((state, _),) = run(root, code=6)["registry"]
    assert state == "not needed"


@pytest.mark.parametrize(
    ("password", "state", "said"),
    [
        ("secret", "ok", "; it answers"),
        ("wrong", "missing", " answers 401 Unauthorized fix: docker login 127.0.0.1:"),
    ],
)
def test_registries_of_environments_are_asked_whether_they_take_the_credentials(
    root: Path, tmp_path_factory: pytest.TempPathFactory, password: str, state: str, said: str
) -> None:
    folder = tmp_path_factory.mktemp("registry")
    with registry(folder, HTPASSWD) as host:
        environment(root, "prod", f"namespace: a\nregistry: {host}/team\n")
        auth = base64.b64encode(f"ada:{password}".encode()).decode()
        (root / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
        ((found, text),) = run(root, code=6, DOCKER_CONFIG=str(root))["registry"]
    assert found == state
    assert f"credentials for {host} (environments/prod.yaml)" in text
    assert said in text
    environment(root, "prod", "namespce: a\n")
    (_, (_, text)) = run(root, code=6)["registry"][::-1]
    assert text == "files of environments/ are wrong fix: modelspec validate says where"


def test_remote_data_need_a_pin_and_a_package(root: Path) -> None:
    spec = root / "models" / "wine" / "model.yaml"
    url = "https://example.org/wine.csv"
    spec.write_text(spec.read_text("utf-8").replace("source: wine.csv", f"source: {url}"))
    ((state, text),) = run(root, code=6)["data"]
    assert state == "missing"
    assert text == f"{url} is not pinned in models/wine/model.lock fix: modelspec lock"
    pins = {"lock": 1, "base": {}, "data": {url: {"sha256": "0" * 64, "size": 1}}}
    (root / "models" / "wine" / "model.lock").write_text(json.dumps(pins))
    assert run(root, code=6)["data"] == [("ok", f"{url}, pinned in models/wine/model.lock")]
    spec.write_text(spec.read_text("utf-8").replace(url, "gs://bucket/wine.csv"))
    ((state, text),) = run(root, code=6)["data"]
    assert state == "missing"
    assert text.endswith("read by gcsfs, which is not installed fix: pip install gcsfs")


class FakeEngine:
    """An engine that has no image, and knows what registries have."""

    def __init__(self, *offered: str) -> None:
        self._offered = offered

    def inspect(self, _name: str) -> None:
        return None

    def can_pull(self, name: str) -> bool:
        return name in self._offered


def test_a_pinned_base_image_is_here_or_can_be_pulled_by_its_digest(tmp_path: Path) -> None:
    manifest = f"sha256:{'1' * 64}"
    pin = BasePin(id=f"sha256:{'0' * 64}", manifest=manifest)
    exact = f"python@{manifest}"
    found = base("python:3.11", pin, tmp_path, cast("Engine", FakeEngine(exact)))
    assert (found.state, found.fix) == ("not needed", f"docker pull {exact}")
    found = base("python:3.11", pin, tmp_path, cast("Engine", FakeEngine()))
    assert (found.state, found.found) == ("missing", f"{exact} is not here")


def test_a_project_file_that_is_wrong_is_said_to_be(root: Path) -> None:
    (root / "modelspec.yaml").write_text("kind: Project\n")
    state, text = run(root, code=6)["registry"][0]
    assert (state, text) == (
        "missing",
        "modelspec.yaml is wrong fix: modelspec validate says where",
    )


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
