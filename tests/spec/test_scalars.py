"""YAML 1.2: the schema decides what a scalar means, not its looks."""

from __future__ import annotations

from decimal import Decimal

import pytest

from modelspec.diagnostics import InputError
from modelspec.spec.data import CategoryFeature
from modelspec.spec.load import load
from tests.spec.examples import FULL, replaced, with_lines


def message(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        load(content, "m.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    "word",
    [
        "no",
        "Yes",
        "on",
        "OFF",
        "true",
        "012",
        "1.10",
        "1e5",
        "12:30:45",
        "0x1F",
        "2024-13-01",
        "1_000",
        "=",
        "12e4567",
        ".5",
        "-",
    ],
)
def test_a_plain_scalar_where_text_belongs_is_that_text(word: str) -> None:
    content = replaced("name: churn", f"name: churn\n  owner: {word}a")
    assert load(content, "m.yaml").spec.metadata.owner == f"{word}a"
    if word != "-":
        content = replaced("target: churned", f"target: {word}")
        assert load(content, "m.yaml").spec.data.target.column == word


def test_the_keys_on_and_no_and_numbers_are_column_names() -> None:
    content = replaced(
        "target: churned", "target: y\n  features: {on: number, no: number, 1: number, ~: number}"
    )
    assert list(load(content, "m.yaml").spec.data.features or {}) == ["on", "no", "1", "~"]


def test_category_values_keep_every_character() -> None:
    plan = (load(FULL.encode(), "m.yaml").spec.data.features or {})["plan"]
    assert isinstance(plan, CategoryFeature)
    assert plan.values == ("free", "pro", "no", "on", "1.10", "012", "2024-13-01", "12:30")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1e-3", 0.001),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1", 1.0),
        ("1.", 1.0),
        ("+2", 2.0),
        ("1E0", 1.0),
    ],
)
def test_numbers_are_those_of_the_core_schema(text: str, number: float) -> None:
    content = with_lines("train:", f"  learning_rate: {text}")
    assert load(content, "m.yaml").spec.train.learning_rate == number


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("012", 12), ("0o14", 12), ("0xC", 12)])
def test_whole_numbers_are_those_of_the_core_schema(text: str, number: int) -> None:
    content = with_lines("train:", f"  epochs: {text}")
    assert load(content, "m.yaml").spec.train.epochs == number


@pytest.mark.parametrize(
    "text", ["1_000", "1,5", "ten", "1e400", ".inf", "-.inf", ".nan", "true", "1:30", "١٢", "1e5.0"]
)
def test_what_the_core_schema_does_not_read_as_a_number_is_refused(text: str) -> None:
    said = message(with_lines("train:", f"  learning_rate: {text}"))
    assert said.startswith("m.yaml:12:18: train.learning_rate ")


def test_a_number_in_quotes_is_refused_with_the_way_out() -> None:
    said = message(with_lines("train:", '  epochs: "50"'))
    assert "m.yaml:12:11: train.epochs must be a whole number, and quotes make it text" in said
    assert "hint: write 50 without quotes" in said


def test_a_plain_null_is_nothing_where_nothing_is_allowed() -> None:
    content = with_lines("train:", "  class_weight: null")
    assert load(content, "m.yaml").spec.train.class_weight is None


def test_a_plain_null_is_not_text_and_a_quoted_one_is() -> None:
    assert "must be text" in message(replaced("target: churned", "target: {column: null}"))
    content = replaced("target: churned", 'target: "null"')
    assert load(content, "m.yaml").spec.data.target.column == "null"


def test_minus_zero_is_zero_so_that_one_value_has_one_canonical_form() -> None:
    content = replaced("type: mlp", "type: mlp\n  dropout: -0.0")
    assert "dropout" not in load(content, "m.yaml").spec.canonical()["model"]


def test_shares_are_exact_fractions() -> None:
    spec = load(FULL.encode(), "m.yaml").spec
    assert spec.data.split.validation == Decimal("0.125")
    assert spec.monitor.slo.availability == Decimal("0.9995")
