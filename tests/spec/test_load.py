"""From bytes to a spec, or to every problem at once."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import InputError, Location
from modelspec.serving.contract import DURATION_BUCKETS
from modelspec.spec.data import NumberFeature
from modelspec.spec.evaluation import Maximize
from modelspec.spec.gate import Quantity
from modelspec.spec.later import KEYS
from modelspec.spec.load import load, name_of
from modelspec.spec.network import Mlp
from modelspec.spec.units import duration_text
from tests.spec.examples import FULL, MINIMAL, replaced, with_lines


def problems(content: bytes) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(content, "m.yaml")
    return [f"{d.location}: {d.message}" for d in caught.value.diagnostics]


def test_the_full_spec_is_read_as_written() -> None:
    loaded = load(FULL.encode(), "models/churn/model.yaml")
    spec = loaded.spec
    assert loaded.warnings == ()
    assert spec.metadata.name == "churn"
    assert spec.data.target.positive == "yes"
    assert spec.data.features is not None
    spend = spec.data.features["monthly_spend"]
    assert isinstance(spend, NumberFeature)
    assert (spend.missing, spend.min, spend.max) == ("median", 0.0, 1e6)
    visits = spec.data.features["visits"]
    assert isinstance(visits, NumberFeature)
    assert visits.missing == 0.0
    assert isinstance(spec.model, Mlp)
    assert spec.model.layers == (64, 32, 16)
    assert spec.train.learning_rate == 0.01
    assert spec.evaluate.threshold == Maximize(maximize="f1")
    assert spec.evaluate.gates[0].bound == Quantity(0.85)
    assert spec.evaluate.gates[1].floor == 200
    assert spec.monitor.slo.latency_p99 == timedelta(microseconds=2500)
    assert spec.deploy.resources.cpu == "1"


def test_places_point_into_the_file_for_later_rooms() -> None:
    places = load(FULL.encode(), "models/churn/model.yaml").places
    assert places.value(("data", "target", "column")) == Location("models/churn/model.yaml", 11, 20)
    assert places.key(("data", "features", "plan")).line == 18
    short = load(MINIMAL.encode(), "m.yaml").places
    assert short.value(("data", "target", "column")) == Location("m.yaml", 8, 11)


def test_one_run_shows_problems_of_syntax_shape_and_meaning_in_the_order_of_the_file() -> None:
    content = with_lines(
        "train: {epochs: ten, epochs: 3}",
        "evaluate:",
        "  gates: [roc_auc <= 0.8, roc_auc >= x]",
        "tune: {trials: 3}",
        "exprt: [onnx]",
    )
    assert problems(content) == [
        "m.yaml:11:17: train.epochs must be a whole number, not `ten`",
        "m.yaml:11:22: duplicate key `epochs`: it is already at m.yaml:11:9",
        "m.yaml:13:19: a greater roc_auc is better",
        "m.yaml:13:38: evaluate.gates[1] needs a number, baseline or champion here",
        "m.yaml:14:1: tune is not supported yet",
        "m.yaml:15:1: unknown key `exprt`",
    ]


def test_a_check_says_nothing_about_what_is_wrong_by_itself() -> None:
    content = (
        replaced("task: binary_classification", "task: regresion")
        + b"train:\n  "
        + (b"class_weight: balanced\nevaluate:\n  metrics: [rmse]\n")
    )
    assert len(problems(content)) == 1


@pytest.mark.parametrize("path", KEYS["Model"], ids=".".join)
def test_what_comes_later_is_refused_as_such_and_never_as_unknown(
    path: tuple[str, ...],
) -> None:
    value = "{x: 1}"
    for step in reversed(path[1:]):
        name = "age" if step == "*" else step
        value = f"{{{name}: {value}}}"
    base = MINIMAL.replace(
        "data:\n  source: data/churn.csv\n  target: churned\n",
        "data: {source: a.csv, target: y}\n",
    ).replace("model:\n  type: mlp\n", "model: {type: mlp}\n")
    lines = []
    for line in base.splitlines():
        if line.startswith(f"{path[0]}: {{") and path[1:]:
            lines.append(line[:-1] + ", " + value[1:])
        else:
            lines.append(line)
    if not any(line.startswith(f"{path[0]}:") for line in lines):
        lines.append(f"{path[0]}: {value}")
    said = problems("\n".join(lines).encode())
    assert any("is not supported yet" in p for p in said)
    assert not any("unknown" in p for p in said)


@pytest.mark.parametrize("bucket", DURATION_BUCKETS)
def test_every_bucket_of_the_runtime_can_be_a_latency_objective(bucket: float) -> None:
    text = duration_text(timedelta(microseconds=round(bucket * 1_000_000)))
    content = with_lines("monitor:", f"  slo: {{latency_p99: {text}}}")
    assert load(content, "m.yaml").spec.monitor.slo.latency_p99.total_seconds() == bucket


def test_patience_that_never_ends_training_is_a_warning() -> None:
    content = with_lines("train:", "  epochs: 5", "  early_stopping: {patience: 5}")
    warnings = load(content, "m.yaml").warnings
    assert [w.severity for w in warnings] == ["warning"]
    assert "never stops early" in warnings[0].message
    assert warnings[0].location == Location("m.yaml", 13, 30)


def test_many_problems_are_cut_and_the_rest_is_mentioned() -> None:
    with pytest.raises(InputError) as caught:
        load(with_lines(*(f"key{i}: 1" for i in range(5000))), "m.yaml")
    assert len(caught.value.diagnostics) == 51
    assert "more problems" in caught.value.diagnostics[-1].message


def test_the_name_of_a_spec_is_read_without_judging_it() -> None:
    assert name_of(MINIMAL.encode()) == "churn"
    assert name_of(b"metadata: {name: a}\ntask: x\n") == "a"
    assert name_of(b"metadata: {}\n") is None
    assert name_of(b"metadata: x\n") is None
    assert name_of(b"[") is None
    assert name_of(b"\xff") is None


def test_a_class_gate_may_use_metrics_of_one_class_where_there_are_many() -> None:
    content = replaced("binary_classification", "multiclass_classification") + (
        b"evaluate:\n  gates: [recall >= 0.8 for class malignant]\n"
    )
    assert load(content, "m.yaml").spec.evaluate.gates[0].metric == "recall"


def test_only_pydantic_and_yaml_are_imported() -> None:
    code = "import sys, modelspec.spec.load; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "jinja2", "typer", "rich", "polars", "tensorflow", "difflib", "git", "docker"}
    assert not heavy & set(run.stdout.split())


# Lines that are mostly right, so that random mixtures of them get past the first checks.
lines = st.sampled_from(
    [
        *MINIMAL.splitlines(),
        *FULL.splitlines(),
        "  target: ~",
        "  - x",
        "train: []",
        "  layers: [1, {a: b}]",
        "data: x",
        "model:",
        "  type:",
        "evaluate: {gates: [[], {}, ~, rmse < 5, '']}",
        "tune: 1",
        "  features: [a]",
        "  : 1",
        "  features: {a: {type: x}, type: number, b: {}, c: ~, d: [1], '': number}",
        "kind: Project",
        "  threshold: {maximize: [f1]}",
        "  threshold: ~",
        "monitor: {slo: {window: 999999999w}}",
    ]
)
edits = st.tuples(
    st.integers(0, len(FULL)), st.integers(0, 8), st.text(max_size=6) | st.sampled_from("[]{}:#\n")
)


def damaged(changes: list[tuple[int, int, str]]) -> bytes:
    text = FULL
    for at, length, new in changes:
        text = text[:at] + new + text[at + length :]
    return text.encode()


@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(str.encode),
        st.lists(lines, max_size=40).map(lambda x: "\n".join(x).encode()),
        st.lists(edits, max_size=4).map(damaged),
    )
)
def test_any_bytes_are_a_spec_or_problems_with_places(content: bytes) -> None:
    try:
        loaded = load(content, "m.yaml")
    except InputError as error:
        found = error.diagnostics
    else:
        assert type(loaded.spec).from_canonical(loaded.spec.canonical()) == loaded.spec
        return
    assert found
    assert all(d.location for d in found)
    assert not any("Input should" in d.message for d in found)
