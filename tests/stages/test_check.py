"""A running image that does not answer as Keras does is not released."""

from __future__ import annotations

from typing import Any

import pytest

from modelspec.diagnostics import ModelRejected
from modelspec.plan.records import Numeric, Schema
from modelspec.stages.check import compare

AGE = Numeric(name="age", mean=0.0, scale=1.0)
BINARY = Schema(features=(AGE,), classes=("no", "yes"))
MANY = Schema(features=(AGE,), classes=("a", "b", "c"))
NUMBER = Schema(features=(AGE,), target_mean=150.0, target_scale=50.0)


def binary(*probabilities: float) -> list[Any]:
    return [{"label": "yes", "probability": p} for p in probabilities]


def many(a: float, b: float, c: float) -> list[Any]:
    return [{"label": "a", "probabilities": {"c": c, "a": a, "b": b}}]


@pytest.mark.parametrize(
    ("answers", "expected", "schema"),
    [
        (binary(0.25, 0.5), [[0.25], [0.5]], BINARY),
        (many(0.5, 0.3, 0.2), [[0.5, 0.3, 0.2]], MANY),
        ([150.0], [[150.0]], NUMBER),
    ],
    ids=["binary", "many classes", "number"],
)
def test_equal_answers_differ_by_nothing(
    answers: list[Any], expected: list[list[float]], schema: Schema
) -> None:
    assert compare(answers, expected, schema, 1e-5) == 0


@pytest.mark.parametrize(
    ("answers", "expected", "schema"),
    [
        (binary(0.25, 0.501), [[0.25], [0.5]], BINARY),
        (binary(0.25), [[0.25], [0.5]], BINARY),
        (binary(float("nan"), 0.5), [[0.25], [0.5]], BINARY),
        (many(0.3, 0.5, 0.2), [[0.5, 0.3, 0.2]], MANY),
        ([150.1], [[150.0]], NUMBER),
    ],
    ids=["one row off", "a row missing", "no number", "classes swapped", "number"],
)
def test_answers_that_differ_are_refused(
    answers: list[Any], expected: list[list[float]], schema: Schema
) -> None:
    with pytest.raises(ModelRejected, match="differently from Keras"):
        compare(answers, expected, schema, 1e-5)


def test_a_number_is_off_by_its_share_of_the_targets_spread() -> None:
    assert compare([155.0], [[150.0]], NUMBER, 0.2) == pytest.approx(0.1)
