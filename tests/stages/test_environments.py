"""What is rendered for several environments, from the tree alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from modelspec.adapters.trees import WorkTree
from modelspec.cli.app import app
from modelspec.cli.unchanged import answered
from modelspec.diagnostics import InputError, ModelspecError
from modelspec.stages.change import write
from modelspec.stages.environments import environments
from tests.released import inside, released
from tests.stages.deployed import (
    FILES,
    deployed,
    environment,
    lock,
    promote,
    tree,
    two_environments,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a release, staging and prod, and nothing rendered for them."""
    return two_environments(tmp_path)


def objects(root: Path, environment: str) -> Iterator[dict[str, Any]]:
    for file in ("serving.yaml", "monitoring.yaml"):
        text = (root / "deploy" / environment / "wine" / file).read_text()
        yield from yaml.safe_load_all(text)


def test_every_object_is_in_the_namespace_of_its_environment(root: Path) -> None:
    promote(root, "staging", "prod")
    for name in ("staging", "prod"):
        assert {one["metadata"]["namespace"] for one in objects(root, name)} == {f"ml-{name}"}


def test_rules_of_two_environments_neither_read_nor_record_the_same_series(root: Path) -> None:
    promote(root, "staging", "prod")
    for name in ("staging", "prod"):
        (rule,) = (one for one in objects(root, name) if one["kind"] == "PrometheusRule")
        for each in (each for group in rule["spec"]["groups"] for each in group["rules"]):
            assert each["labels"]["environment"] == name
            recorded, scraped = "model:" in each["expr"], "modelspec_" in each["expr"]
            assert recorded != scraped
            own = f"environment='{name}'" if recorded else f"namespace='ml-{name}'"
            assert each["expr"].count("{") == each["expr"].count(own)


def test_the_tree_of_two_environments_is_checked_and_restored_without_tags(root: Path) -> None:
    promote(root, "staging", "prod")
    write(root, tree(root))
    assert deployed(root) == [f"{e}/wine/{f}" for e in ("prod", "staging") for f in FILES]
    (root / "deploy/prod/wine/serving.yaml").unlink()
    assert list(tree(root).files) == ["deploy/prod/wine/serving.yaml"]
    write(root, tree(root))
    assert tree(root).files == {}


def test_default_goes_as_soon_as_there_are_environments(root: Path) -> None:
    assert {path.split("/")[1] for path in tree(root).files} == {"default"}
    assert set(tree(root).files.values()) == {None}
    write(root, tree(root))
    assert not (root / "deploy").exists()


def test_default_goes_with_its_model(tmp_path: Path) -> None:
    root = released(tmp_path, "wine")
    assert tree(root).files == {}
    spec = root / "models" / "wine" / "model.yaml"
    spec.rename(root / "model.yaml")
    assert tree(root).files == {}
    (root / "model.yaml").write_text(spec_named("port", root / "model.yaml"))
    write(root, tree(root))
    assert deployed(root) == []


def spec_named(name: str, path: Path) -> str:
    return path.read_text().replace("name: wine", f"name: {name}")


def test_a_removed_environment_and_a_removed_line_take_their_files_along(root: Path) -> None:
    promote(root, "staging", "prod")
    (root / "environments" / "staging.yaml").unlink()
    (root / "deploy" / "staging" / "wine" / "notes.md").write_text("mine")
    write(root, tree(root))
    assert deployed(root) == [*(f"prod/wine/{f}" for f in FILES), "staging/wine/notes.md"]
    environment(root, "prod", "namespace: ml-prod\n")
    write(root, tree(root))
    assert deployed(root) == ["staging/wine/notes.md"]


def test_a_version_that_its_lock_does_not_hold_names_both(root: Path) -> None:
    promote(root, "staging", "prod")
    environment(root, "prod", "namespace: ml-prod\nmodels: {wine: 1.2.0, port: 1.0.0}\n")
    with pytest.raises(InputError) as refused:
        tree(root)
    one, other = refused.value.diagnostics
    assert one.text().startswith(
        "environments/prod.yaml:5:16: wine is 1.2.0 here, and deploy/prod/wine/release.lock "
        "holds wine 1.0.0\n"
    )
    assert one.hint == "modelspec promote wine 1.2.0 --to prod"
    assert str(other.location) == "environments/prod.yaml:5:29"
    assert other.message == "deploy/prod/port holds no release of port"


def test_an_override_changes_one_environment_only(root: Path) -> None:
    promote(root, "staging", "prod")
    write(root, tree(root))
    environment(
        root,
        "prod",
        "namespace: ml-prod\nmodels: {wine: 1.0.0}\noverrides:\n"
        "  deploy: {replicas: {min: 3, max: 5}, resources: {cpu: 2}}\n"
        "  models: {wine: {deploy: {replicas: {min: 4}}}}\n",
    )
    assert list(tree(root).files) == [
        "deploy/prod/wine/serving.yaml",
        "deploy/prod/wine/release.lock",
    ]
    write(root, tree(root))
    (scaler,) = (o for o in objects(root, "prod") if o["kind"] == "HorizontalPodAutoscaler")
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (4, 5)
    held = json.loads((root / "deploy/prod/wine/release.lock").read_text())
    assert held["spec"] == lock()["spec"]


def test_an_override_that_does_not_fit_the_model_is_found_at_its_place(root: Path) -> None:
    promote(root, "prod")
    environment(
        root,
        "prod",
        "models: {wine: 1.0.0}\noverrides:\n  deploy: {replicas: {min: 30}}\n"
        "  monitor: {slo: {latency_p99: 60ms}}\n",
    )
    with pytest.raises(InputError) as refused:
        tree(root)
    assert [str(d.location) for d in refused.value.diagnostics] == [
        "environments/prod.yaml:6:28",
        "environments/prod.yaml:7:32",
    ]


def test_two_environments_with_one_namespace_and_one_model_name_both_lines(root: Path) -> None:
    environment(root, "staging", "namespace: ml\nmodels: {wine: 1.0.0}\n")
    environment(root, "prod", "namespace: ml\nmodels: {wine: 1.0.0}\n")
    with pytest.raises(InputError, match="both run wine") as refused:
        environments(WorkTree(root))
    (problem,) = refused.value.diagnostics
    assert str(problem.location) == "environments/staging.yaml:4:12"
    assert "environments/prod.yaml:4:12" in problem.message
    environment(root, "prod", "namespace: ml\nmodels: {port: 1.0.0}\n")
    assert len(environments(WorkTree(root))) == 2
    for name in ("staging", "prod"):
        environment(root, name, "models: {wine: 1.0.0}\n")
    with pytest.raises(InputError, match="in no namespace of its own"):
        environments(WorkTree(root))


def test_files_that_look_like_environments_and_are_none_are_told(root: Path) -> None:
    (root / "environments" / "eu").mkdir()
    (root / "environments" / "eu" / "test.yaml").write_text("")
    (root / "environments" / "live.yml").write_text("")
    (root / "environments" / "README.md").write_text("words")
    environment(root, "prod", "models: {wine: latest}\n")
    with pytest.raises(InputError) as refused:
        tree(root)
    assert [str(d.location) for d in refused.value.diagnostics] == [
        "environments/eu/test.yaml:1:1",
        "environments/live.yml:1:1",
        "environments/prod.yaml:4:16",
    ]


def test_a_lock_that_names_files_elsewhere_removes_none(root: Path) -> None:
    promote(root, "prod")
    path = root / "deploy/prod/wine/release.lock"
    bad = json.loads(path.read_text())
    bad["files"]["../../../models/wine/model.yaml"] = "0" * 64
    path.write_text(json.dumps(bad))
    environment(root, "prod", "")
    assert not [file for file in tree(root).files if "model.yaml" in file]


@pytest.mark.parametrize("content", ["", "<<<<<<< ours", "[]", '{"spec": {}, "record": 1}'])
def test_a_lock_that_is_none_is_an_error_with_its_place(root: Path, content: str) -> None:
    promote(root, "prod")
    (root / "deploy/prod/wine/release.lock").write_text(content)
    with pytest.raises(InputError, match=r"deploy/prod/wine/release\.lock:1:1: this lock"):
        tree(root)


def test_the_command_says_what_it_removes_and_check_says_why(root: Path) -> None:
    promote(root, "prod")
    with inside(root):
        checked = CliRunner().invoke(app, ["render", "--check"])
        assert isinstance(checked.exception, ModelspecError)
        assert checked.exception.exit_code == 7
        assert "deploy/default/wine/serving.yaml belongs to no model that runs there" in str(
            checked.exception
        )
        done = CliRunner().invoke(app, ["render"])
        assert "  remove    deploy/default/wine/serving.yaml" in done.output
        again = CliRunner().invoke(app, ["render", "--check"])
        assert again.output == "1 release.lock, all files are up to date.\n"


@pytest.mark.parametrize("command", ["apply", "render"])
def test_a_model_or_an_environment_that_is_gone_is_removed_by_either_command(
    tmp_path: Path, command: str
) -> None:
    root = released(tmp_path, "wine")
    other = root / "deploy" / "default" / "port"
    shutil.copytree(root / "deploy" / "default" / "wine", other)
    text = (other / "release.lock").read_text()
    text = text.replace('"name": "wine"', '"name": "port"').replace("models/wine", "models/port")
    (other / "release.lock").write_text(text)
    shutil.copytree(root / "deploy" / "default", root / "deploy" / "eu")
    with inside(root):
        assert not answered([command])
        assert CliRunner().invoke(app, [command]).exit_code == 0
    assert deployed(root) == [f"default/wine/{file}" for file in FILES]
    with inside(root):
        assert command == "render" or answered([command])


def test_the_first_environment_takes_the_files_of_default_away(root: Path) -> None:
    with inside(root):
        said = CliRunner().invoke(app, ["apply"]).output
    assert "  remove    deploy/default/wine: 3 files\n" in said
    assert deployed(root) == [f"staging/wine/{file}" for file in FILES]
