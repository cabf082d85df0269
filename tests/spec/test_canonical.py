"""The canonical form: what two specs share exactly if they mean the same."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.spec.load import load
from modelspec.spec.model import ModelSpec
from tests.spec.examples import FULL, MINIMAL

GOLDEN = Path(__file__).parent / "defaults-v1.json"


def through_json(spec: ModelSpec) -> ModelSpec:
    return ModelSpec.from_canonical(json.loads(json.dumps(spec.canonical(), allow_nan=False)))


@pytest.mark.parametrize("text", [MINIMAL, FULL])
def test_a_spec_survives_its_canonical_form_in_json(text: str) -> None:
    spec = load(text.encode(), "m.yaml").spec
    assert through_json(spec) == spec
    assert through_json(spec).canonical() == spec.canonical()


def test_defaults_order_comments_and_spelling_are_left_out() -> None:
    plain = load(MINIMAL.encode(), "m.yaml").spec
    top = MINIMAL.splitlines()
    other = "\n".join(
        [
            "# the same model",
            *top[4:],
            *top[:4],
            "train: {batch_size: 32, epochs: 50}",
            "monitor: {slo: {latency_p99: 0.05s, availability: 99.90%, window: 720h}} # as it is",
            "export: [tflite]",
            "evaluate: {threshold: 0.50, gates: []}",
        ]
    ).replace("target: churned", "target: {column: 'churned'}")
    assert load(other.encode(), "m.yaml").spec.canonical() == plain.canonical()


def test_short_forms_are_spelled_out() -> None:
    canonical = load(FULL.encode(), "m.yaml").spec.canonical()
    assert canonical["data"]["features"]["tenure_months"] == {"type": "number"}
    assert load(MINIMAL.encode(), "m.yaml").spec.canonical()["data"]["target"] == {
        "column": "churned"
    }


def test_units_are_normalized() -> None:
    canonical = load(FULL.encode(), "m.yaml").spec.canonical()
    assert canonical["monitor"]["slo"] == {
        "availability": "99.95%",
        "latency_p99": "2.5ms",
        "window": "28d",
    }
    assert canonical["evaluate"]["gates"][0] == "roc_auc >= 0.85"


def test_defaults_are_frozen_per_api_version() -> None:
    """Canonical forms leave defaults out: changing one changes models without a trace."""
    spec = load(MINIMAL.encode(), "m.yaml").spec
    text = json.dumps(spec.model_dump(mode="json"), indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == text


def test_a_plain_dict_with_lists_of_the_wrong_type_is_not_a_canonical_form() -> None:
    canonical = load(FULL.encode(), "m.yaml").spec.canonical()
    canonical["train"]["epochs"] = "60"
    with pytest.raises(ValueError, match="epochs"):
        ModelSpec.from_canonical(canonical)


def test_every_field_has_a_description_for_people_who_write_specs() -> None:
    schema = ModelSpec.model_json_schema()
    parts = [schema, *schema["$defs"].values()]
    undescribed = [
        f"{part['title']}.{name}"
        for part in parts
        for name, field in part.get("properties", {}).items()
        if "description" not in field and name != "type"
    ]
    assert undescribed == []


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
numbers = st.floats(allow_nan=False, allow_infinity=False)
percents = st.integers(1, 49_999_999).map(lambda n: f"{n / 1_000_000:.6f}%")
features = st.one_of(
    st.builds(
        lambda low, high, missing: {
            "type": "number", "min": min(low, high), "max": max(low, high), "missing": missing
        },
        numbers, numbers, st.sampled_from(["median", "mean", None]),
    ),
    st.builds(
        lambda values, missing: {"type": "category", "values": values, "missing": missing},
        st.lists(words, min_size=1, max_size=4, unique=True),
        st.sampled_from(["most_frequent", "own_category", None]),
    ),
)  # fmt: skip


@st.composite
def canonicals(draw: st.DrawFn) -> dict[str, Any]:
    """Plain data of valid specs, in JSON's types."""
    return {
        "apiVersion": "modelspec/v1",
        "kind": "Model",
        "metadata": {"name": "m", "owner": draw(words)[:200]},
        "task": "regression",
        "data": {
            "source": "a/b.csv",
            "target": {"column": draw(words)},
            "split": {"test": draw(percents), "validation": draw(percents)},
            "features": draw(st.dictionaries(words, features, min_size=1, max_size=4)),
        },
        "model": {
            "type": "mlp",
            "layers": draw(st.lists(st.integers(1, 65536), min_size=1, max_size=5)),
        },
        "train": {
            "learning_rate": draw(st.floats(1e-12, 10)),
            "epochs": draw(st.integers(1, 1000)),
        },
        "evaluate": {"gates": [f"rmse <= {draw(st.floats(0, 1e300))!r}".replace("e+", "e")]},
        "monitor": {
            "slo": {
                "window": f"{draw(st.integers(1_440, 525_600))}m",
                "latency_p99": f"{draw(st.integers(1, 10**9)) / 1000:.3f}ms",
            }
        },
    }  # fmt: skip


@given(canonicals())
def test_any_spec_survives_its_canonical_form_in_json(canonical: dict[str, Any]) -> None:
    spec = ModelSpec.from_canonical(canonical)
    assert through_json(spec) == spec
    assert json.dumps(through_json(spec).canonical()) == json.dumps(spec.canonical())
