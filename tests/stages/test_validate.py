"""`modelspec validate`: specs, the project and environments."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from modelspec.cli.app import app
from modelspec.diagnostics import InputError, ModelspecError, TemplateError, WorldError
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


SERVING = "kubernetes/serving.yaml.j2"


def extending(text: str) -> str:
    return f'{{% extends "builtin/{SERVING}" %}}\n{{% block service %}}\n{text}\n{{% endblock %}}\n'


def template(root: Path, text: str, name: str = SERVING) -> str:
    path = root / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return f"templates/{name}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% block x %}\n{{ name }\n", "2:1: unexpected '}'"),
        (extending("{{ nmae }}"), "3:1: 'nmae' is undefined"),
        (extending("{{ metadata.nmae }}"), "3:1: 'dict object' has no attribute 'nmae'"),
        (extending("kind: Service\nkind: Service"), "4:1: "),
    ],
    ids=["syntax", "name", "attribute", "what it makes"],
)
def test_templates_are_tried_on_specs_that_have_no_release(
    root: Path, text: str, expected: str
) -> None:
    path = template(root, text)
    with pytest.raises(TemplateError) as failed:
        validate(root)
    assert f"{path}:{expected}" in str(failed.value)
    with pytest.raises(TemplateError):
        validate(root, path)
    assert validate(root, "wine") == ["models/wine/model.yaml: ok"]


def test_a_template_that_renders_is_ok_in_every_environment(root: Path) -> None:
    path = template(root, extending("{{ super() }}"))
    assert validate(root)[-1] == f"{path}: ok"
    assert validate(root, path) == [f"{path}: ok"]


def test_mistakes_in_specs_environments_and_templates_come_together(root: Path) -> None:
    add = (root / "models" / "wine" / "model.yaml").read_text()
    (root / "models" / "other").mkdir()
    broken = add.replace("name: wine", "name: other").replace("task:", "tsk:")
    (root / "models" / "other" / "model.yaml").write_text(broken)
    environment(root, "prod", "namespce: b\n")
    template(root, extending("{{ nmae }}"))
    template(root, "{{ name }", "kubernetes/part.yaml.j2")
    with pytest.raises(InputError) as failed:
        validate(root)
    files = [d.location.file for d in failed.value.diagnostics if d.location]
    assert {*files} == {
        "models/other/model.yaml",
        "environments/prod.yaml",
        "templates/kubernetes/part.yaml.j2",
    }
    (root / "templates" / "kubernetes" / "part.yaml.j2").unlink()
    with pytest.raises(InputError) as failed:
        validate(root)
    assert f"templates/{SERVING}" in str(failed.value)


def test_one_mistake_is_told_once_however_many_models_there_are(root: Path) -> None:
    text = (root / "models" / "wine" / "model.yaml").read_text()
    for name in ("a", "b"):
        (root / "models" / name).mkdir()
        (root / "models" / name / "model.yaml").write_text(
            text.replace("name: wine", f"name: {name}")
        )
    template(root, extending("{{ nmae }}"))
    with pytest.raises(TemplateError) as failed:
        validate(root)
    assert len(failed.value.diagnostics) == 1


def test_a_folder_of_templates_that_leads_elsewhere_is_refused(root: Path) -> None:
    (root / "templates").symlink_to("models")
    with pytest.raises(TemplateError, match="this is a symbolic link"):
        validate(root)
