"""The JSON Schema that `modelspec schema` prints, for editors.

`UPDATE_GOLDEN=1` writes it anew; read the difference before it is committed.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import InputError
from modelspec.spec.environment import load_environment
from modelspec.spec.load import load
from modelspec.spec.model import ModelSpec
from modelspec.spec.project import load_project
from modelspec.spec.scalar import Plain, as_number
from modelspec.spec.schema import Kind, json_schema
from modelspec.spec.source import read
from tests import golden
from tests.spec.examples import FULL, MINIMAL
from tests.spec.json_schema import errors
from tests.spec.test_canonical import canonicals

GOLDEN = Path(__file__).parent / "schema-v1.json"
GALLERY = Path(__file__).parents[1] / "errors"
MODEL, PROJECT = json_schema("Model"), json_schema("Project")
ENVIRONMENT = json_schema("Environment")
TYPICAL = """
bad-name base-image camel-case-key class-weight durations early-stopping-metric empty-section
export-twice export-typo feature-empty feature-list feature-policies feature-type-typo
feature-values gate-not-text gates-not-a-list header-only key-of-another-section kind-environment
later-sections layers layers-empty layers-not-a-list layers-too-many linear-with-layers
list-for-a-section long-name memory-in-bytes metric-for-many-classes metric-not-a-list
metric-of-another-task metric-typo environment-versions environment-target
environment-unknown-key model-type-typo newer-api-version no-model-type no-name
no-target null-text number-in-quotes number-kinds number-out-of-range number-words
percent-spaced percent-without-unit positive-for-many-classes positive-not-text project-model
project-scheme project-tag project-unknown-key quantities source-absolute source-backslash
source-empty source-folder source-parquet source-text-file spec-level split-by-time task-typo
text-for-a-section threshold-for-regression threshold-metric threshold-out-of-range
threshold-typo unknown-key unknown-keys-everywhere unknown-type-in-union wrong-kind
""".split()  # noqa: SIM905


def as_an_editor_reads(value: Any) -> Any:
    """What was read without types, with those that YAML 1.2 gives to scalars without quotes."""
    if isinstance(value, Plain):
        if value.lower() in ("true", "false"):
            return value.lower() == "true"
        number = as_number(value)
        return str(value) if number is None else number
    if isinstance(value, dict):
        return {str(name): as_an_editor_reads(item) for name, item in value.items()}
    return [as_an_editor_reads(item) for item in value] if isinstance(value, tuple) else value


def refused(content: bytes, schema: dict[str, Any] = MODEL) -> list[str]:
    return errors(schema, as_an_editor_reads(read(content, "x.yaml").tree))


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL,
        FULL,
        *((golden.EXAMPLES / n / "model.yaml").read_text("utf-8") for n in golden.NAMES),
    ],
    ids=["minimal", "full", *golden.NAMES],
)
def test_a_spec_that_is_right_has_no_errors(text: str) -> None:
    load(text.encode(), "m.yaml")
    assert refused(text.encode()) == []


@pytest.mark.parametrize("case", TYPICAL)
def test_a_typical_mistake_is_seen_in_the_editor(case: str) -> None:
    schema = {"project": PROJECT, "environment": ENVIRONMENT}.get(case.partition("-")[0], MODEL)
    assert refused((GALLERY / f"{case}.yaml").read_bytes(), schema)


def test_a_mistake_is_found_where_it_is() -> None:
    text = FULL.replace("epochs: 60", "epoch: 60").replace("mlp", "mpl")
    assert refused(text.encode()) == ["/model: oneOf", "/train/epoch: additionalProperties"]


@given(canonicals())
def test_whatever_is_right_has_no_errors(canonical: dict[str, Any]) -> None:
    assert errors(MODEL, canonical) == []


SCALARS = """
true no 012 1.10 0x1F 1e3 .5 -1 0 ~ 2 12:30 a-b 1m 0.25 300Mi 5% 10.5% 2.5ms 1d [] {} [1] {a:_1}
a.csv ./a.csv mlp linear tflite [tflite] [tflite,onnx] accuracy rmse [accuracy] [rmse] balanced
{maximize:_f1} number category median loss regression
""".split()  # noqa: SIM905
PATHS = """
metadata.name metadata.owner metadata.description task data.source data.target data.ignore
data.target.column data.target.positive data.split.test data.split.key data.split.seed
data.features data.features.a data.features.a.missing data.features.a.min model.type
model.layers model.dropout train.epochs train.learning_rate train.class_weight train
train.early_stopping.metric train.early_stopping.patience evaluate.metrics
evaluate.threshold evaluate.gates export container.base serve.runtime deploy.replicas.min
deploy.replicas.target_cpu deploy.resources.cpu deploy.resources.memory
monitor.slo.availability monitor.slo.latency_p99 monitor.slo.window
""".split()  # noqa: SIM905
# What has to stand beside a key so that the rest of its mapping is right.
BESIDE = {
    "data": "source: a.csv, target: t, ",
    "data.target": "column: c, ",
    "data.features.a": "type: number, ",
    "metadata": "name: x, ",
    "model": "type: mlp, ",
}


def with_value(path: str, value: str, task: str) -> bytes:
    """The smallest spec of a task, with one value somewhere."""
    steps = path.split(".")
    for length in range(len(steps) - 1, 0, -1):
        parent = BESIDE.get(".".join(steps[:length]), "")
        parent = re.sub(rf"\b{steps[length]}: \S+ ", "", parent)
        value = f"{{{parent}{steps[length]}: {value}}}"
    sections = re.split(r"\n(?=\w)", MINIMAL.strip().replace("binary_classification", task))
    kept = [section for section in sections if not section.startswith(f"{steps[0]}:")]
    return "\n".join([*kept, f"{steps[0]}: {value}", ""]).encode()


@pytest.mark.parametrize("path", PATHS)
def test_whatever_is_accepted_is_accepted_in_the_editor(path: str) -> None:
    tasks = ("binary_classification", "multiclass_classification", "regression")
    plain = [scalar.replace(":_", ": ") for scalar in SCALARS]
    accepted = 0
    for value, task in itertools.product([*plain, *map(quoted, plain)], tasks):
        content = with_value(path, value, task)
        try:
            load(content, "m.yaml")
        except InputError:
            continue
        accepted += 1
        assert refused(content) == [], content.decode()
    assert accepted


@given(st.sampled_from(PATHS), st.text(st.characters(codec="utf-8"), max_size=6))
def test_whatever_text_is_accepted_is_accepted_in_the_editor(path: str, text: str) -> None:
    content = with_value(path, quoted(text), "regression")
    try:
        load(content, "m.yaml")
    except InputError:
        return
    assert refused(content) == [], content.decode()


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def test_an_override_needs_no_key_that_a_model_needs() -> None:
    content = b"""apiVersion: modelspec/v1
kind: Environment
metadata: {name: prod}
models: {churn: 1.4.0, "no": "2.0.0"}
overrides:
  deploy: {replicas: {min: 3}}
  models: {churn: {monitor: {slo: {window: 7d}}}}
"""
    load_environment(content, "environments/prod.yaml")
    assert refused(content, ENVIRONMENT) == []


@pytest.mark.parametrize("registry", ["1.5", "127.0.0.1:5000/team", "ghcr.io/a/b", "~"])
def test_whatever_a_project_may_say_is_accepted_in_the_editor(registry: str) -> None:
    content = f"apiVersion: modelspec/v1\nkind: Project\nregistry: {registry}\n".encode()
    load_project(content, "modelspec.yaml")
    assert refused(content, PROJECT) == []


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from nodes(item)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_default_and_example_is_one_that_the_schema_accepts(kind: Kind) -> None:
    schema = json_schema(kind)
    parts = [schema, *schema.get("$defs", {}).values()]
    fields = [field for part in parts for field in nodes(part.get("properties", {}))]
    values = [
        (field, value)
        for field in fields
        for value in [
            *field.get("examples", []),
            *([field["default"]] if "default" in field else []),
        ]
    ]
    assert len(values) >= (60 if kind == "Model" else 3)
    assert [value for field, value in values if errors(field, value, schema)] == []


def test_every_key_has_a_description() -> None:
    parts = [MODEL, PROJECT, ENVIRONMENT]
    parts += (part for schema in (MODEL, ENVIRONMENT) for part in schema["$defs"].values())
    fields = [(name, field) for part in parts for name, field in part["properties"].items()]
    assert len(fields) > 50
    assert [name for name, field in fields if "description" not in field and name != "type"] == []
    assert set(MODEL["properties"]) == set(ModelSpec.model_fields)


def test_the_schema_is_the_one_that_was_reviewed() -> None:
    schemas = {"Model": MODEL, "Project": PROJECT, "Environment": ENVIRONMENT}
    text = json.dumps(schemas, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert GOLDEN.read_text("utf-8") == text
