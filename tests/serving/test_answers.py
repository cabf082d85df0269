"""Outputs of a network in the words of the caller."""

from __future__ import annotations

import math

import msgspec
import pytest

from modelspec.serving.answers import NotFiniteError, answerer, columns, finite


def test_a_binary_answer_is_the_label_by_threshold_and_the_positive_probability() -> None:
    answer = answerer("binary_classification", ["no", "yes"], 0.3)
    assert msgspec.to_builtins(answer([[0.3], [0.29], [0.9]])) == [
        {"label": "yes", "probability": 0.3},
        {"label": "no", "probability": 0.29},
        {"label": "yes", "probability": 0.9},
    ]


def test_without_a_threshold_the_positive_class_starts_at_one_half() -> None:
    answer = answerer("binary_classification", ["no", "yes"], None)
    assert [a.label for a in answer([[0.5], [0.4999]])] == ["yes", "no"]


def test_a_threshold_of_zero_is_a_threshold() -> None:
    assert answerer("binary_classification", ["no", "yes"], 0.0)([[0.0]])[0].label == "yes"


def test_a_multiclass_answer_names_every_class() -> None:
    answer = answerer("multiclass_classification", ["a", "b", "c"], None)
    assert msgspec.to_builtins(answer([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]])) == [
        {"label": "b", "probabilities": {"a": 0.2, "b": 0.5, "c": 0.3}},
        {"label": "a", "probabilities": {"a": 0.4, "b": 0.4, "c": 0.2}},
    ]


def test_a_regression_answer_is_a_number() -> None:
    assert answerer("regression", [], None)([[1.5], [-2.0]]) == [1.5, -2.0]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("units", [1, 3])
def test_an_output_that_is_not_finite_is_never_an_answer(units: int, bad: float) -> None:
    outputs = [[0.5] * units, [bad] * units, [math.inf] * units]
    with pytest.raises(NotFiniteError) as caught:
        finite(outputs)
    assert caught.value.rows == 2
    assert finite(outputs[:1]) == outputs[:1]


@pytest.mark.parametrize(
    ("task", "classes", "outputs", "expected"),
    [
        (
            "binary_classification",
            ["no", "yes"],
            [[0.6], [0.4]],
            {"label": ["yes", "no"], "probability": [0.6, 0.4]},
        ),
        (
            "multiclass_classification",
            ["a", "b"],
            [[0.3, 0.7], [0.5, 0.5]],
            {"label": ["b", "a"], "probabilities": [[0.3, 0.7], [0.5, 0.5]]},
        ),
        ("regression", [], [[1.5], [-2.0]], {"prediction": [1.5, -2.0]}),
    ],
)
def test_columns_say_the_same_as_rows(
    task: str, classes: list[str], outputs: list[list[float]], expected: dict[str, list[object]]
) -> None:
    assert {c.name: c.values(outputs) for c in columns(task, classes, None)} == expected
