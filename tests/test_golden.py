"""Each example is a golden test: what is committed is what its spec and lock compile to."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelspec.render.kubernetes import SECRETS_FOLDER
from modelspec.spec.load import load
from tests import golden
from tests.render import promtool

OBJECTS = {
    "serving.yaml": [
        "ServiceAccount",
        "Deployment",
        "Service",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "NetworkPolicy",
    ],
    "monitoring.yaml": ["ServiceMonitor", "PrometheusRule"],
}


@pytest.mark.parametrize("file", ["release.lock", *(f"rendered/{name}" for name in OBJECTS)])
@pytest.mark.parametrize("name", golden.NAMES)
def test_a_golden_file_is_what_its_example_compiles_to(name: str, file: str) -> None:
    path = golden.EXAMPLES / name / file
    new = golden.produced(name)[path].splitlines(keepends=True)
    old = path.read_text("utf-8").splitlines(keepends=True) if path.is_file() else []
    difference = "".join(difflib.unified_diff(old, new, f"committed/{name}/{file}", "produced"))
    assert not difference, f"{difference}\nif this is meant: make golden"


@pytest.mark.parametrize("name", golden.NAMES)
def test_no_golden_file_is_left_that_nothing_produces(name: str) -> None:
    assert golden.committed(name) == sorted(golden.produced(name))


@pytest.mark.parametrize("name", golden.NAMES)
def test_the_lock_of_an_example_holds_the_canonical_form_of_its_spec(name: str) -> None:
    folder = golden.EXAMPLES / name
    spec = load((folder / "model.yaml").read_bytes(), "model.yaml").spec
    lock = json.loads((folder / "release.lock").read_text("utf-8"))
    assert lock["spec"] == spec.canonical()
    assert lock["record"]["name"] == spec.metadata.name == name


@pytest.mark.parametrize("name", golden.NAMES)
def test_a_model_is_eight_objects_in_two_files(name: str) -> None:
    folder = golden.EXAMPLES / name / "rendered"
    assert {path.name for path in folder.iterdir()} == set(OBJECTS)
    for file, kinds in OBJECTS.items():
        objects = list(yaml.safe_load_all((folder / file).read_text("utf-8")))
        assert [one["kind"] for one in objects] == kinds
        assert all(one["metadata"]["name"] == name for one in objects)


@pytest.mark.parametrize("name", golden.NAMES)
def test_promtool_accepts_the_rules_of_an_example(name: str, tmp_path: Path) -> None:
    promtool.run(tmp_path, rules_of(name), [promtool.firing({}, [], at="1m")])


def rules_of(name: str) -> dict[str, Any]:
    """The `spec` of the committed PrometheusRule."""
    text = (golden.EXAMPLES / name / "rendered" / "monitoring.yaml").read_text("utf-8")
    (rule,) = (one for one in yaml.safe_load_all(text) if one["kind"] == "PrometheusRule")
    spec: dict[str, Any] = rule["spec"]
    return spec


def test_nothing_of_the_machine_that_made_it_is_in_a_golden_file() -> None:
    for name in golden.NAMES:
        for path in golden.committed(name):
            text = path.read_text("utf-8")
            # A pod has its secrets below /var/run, whoever made the file.
            text = text.replace(f'"{SECRETS_FOLDER}', "")
            assert not any(place in text for place in ("/home/", "/tmp/", "/usr/", "/var/"))
