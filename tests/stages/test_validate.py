"""`modelspec validate`: specs, the project and environments."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from modelspec.cli.app import app
from modelspec.diagnostics import InputError, ModelspecError, WorldError
from tests.released import committed, inside
from tests.stages.deployed import environment

PROJECT = "apiVersion: modelspec/v1\nkind: Project\nregistry: registry.example.com/team\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = committed(tmp_path, "wine")
    (made / "modelspec.yaml").write_text(PROJECT)
    environment(made, "staging", "promote: automatic\nnamespace: a\n")
    environment(made, "prod", "namespace: b\nmodels: {wine: 1.0.0}\n")
    return made


def validate(root: Path, *words: str) -> list[str]:
    """What it prints; its failure is raised."""
    with inside(root):
        done = CliRunner().invoke(app, ["validate", *words])
    if isinstance(done.exception, ModelspecError):
        raise done.exception
    return done.output.splitlines()


def test_every_kind_of_file_is_checked(root: Path) -> None:
    assert validate(root) == [
        "models/wine/model.yaml: ok",
        "modelspec.yaml: ok",
        "environments/prod.yaml: ok",
        "environments/staging.yaml: ok",
    ]


def test_a_file_of_any_kind_can_be_named_by_its_path(root: Path) -> None:
    assert validate(root, "environments/prod.yaml") == ["environments/prod.yaml: ok"]
    assert validate(root, "modelspec.yaml", "wine") == [
        "models/wine/model.yaml: ok",
        "modelspec.yaml: ok",
    ]


def test_a_repository_without_a_model_yet_has_its_other_files_checked(root: Path) -> None:
    (root / "models" / "wine" / "model.yaml").unlink()
    (root / "environments" / "staging.yaml").unlink()
    assert validate(root) == ["modelspec.yaml: ok", "environments/prod.yaml: ok"]
    (root / "environments" / "prod.yaml").unlink()
    (root / "modelspec.yaml").unlink()
    with pytest.raises(WorldError, match=r"there is no model\.yaml here"):
        validate(root)


def test_the_problems_of_all_files_are_told_at_once(root: Path) -> None:
    spec = root / "models" / "wine" / "model.yaml"
    spec.write_text(spec.read_text().replace("type: mlp", "type: mpl"))
    (root / "modelspec.yaml").write_text(PROJECT.replace("registry:", "registy:"))
    environment(root, "prod", "namespace: a\nmodels: {wine: latest}\n")
    (root / "environments" / "eu.yml").write_text("")
    with pytest.raises(InputError) as refused:
        validate(root)
    files = [d.location.file for d in refused.value.diagnostics if d.location]
    assert files == [
        "models/wine/model.yaml",
        "modelspec.yaml",
        "environments/eu.yml",
        "environments/prod.yaml",
    ]


def test_environments_are_checked_against_each_other(root: Path) -> None:
    environment(root, "staging", "promote: automatic\nnamespace: b\nmodels: {wine: 1.0.0}\n")
    with pytest.raises(InputError, match="prod .* and staging both run wine, in the namespace b"):
        validate(root)


def test_an_override_of_a_model_that_no_spec_describes_is_told(root: Path) -> None:
    override = "overrides: {models: {wien: {deploy: {replicas: {min: 1}}}}}\n"
    environment(root, "staging", f"promote: automatic\nnamespace: a\n{override}")
    with pytest.raises(InputError) as refused:
        validate(root)
    (problem,) = refused.value.diagnostics
    assert problem.message == "there is no model `wien`, so this override changes nothing"
    assert problem.hint == "did you mean `wine`?"
    override = override.replace("wien", "wine")
    environment(root, "staging", f"promote: automatic\nnamespace: a\n{override}")
    assert "environments/staging.yaml: ok" in validate(root)
