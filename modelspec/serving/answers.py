"""What a network says, in the words of the caller."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from .contract import DEFAULT_THRESHOLD

Outputs = list[list[float]]
Answerer = Callable[[Outputs], list[Any]]
Labeller = Callable[[list[float]], str]


class Binary(msgspec.Struct, frozen=True, gc=False):
    """`probability` is that of the positive class, whichever `label` is."""

    label: str
    probability: float


class Multiclass(msgspec.Struct, frozen=True, gc=False):
    """`label` is the class with the largest of `probabilities`, the first of equals."""

    label: str
    probabilities: dict[str, float]


class NotFiniteError(Exception):
    """The network answered NaN or an infinity; `rows` tells for how many rows."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        super().__init__(f"{rows} rows have no finite answer")


@dataclass(frozen=True, slots=True)
class Column:
    """One named output of a model, for those who ask for columns.

    Attributes:
        name: of the output.
        datatype: FP32, or BYTES for texts.
        shape: of one row's value: () or (classes,).
        values: from outputs (n, units) to n values.
    """

    name: str
    datatype: Literal["FP32", "BYTES"]
    shape: tuple[int, ...]
    values: Callable[[Outputs], list[Any]]


def labeller(task: str, classes: Sequence[str], threshold: float | None) -> Labeller:
    """The function that names the class of one row of outputs.

    Args:
        task: a classification of `contract.TASKS`.
        classes: binary: (negative, positive); multiclass: in the order of the outputs.
        threshold: binary: the positive class is named from this probability on.
    """
    names = tuple(classes)
    if task == "multiclass_classification":
        return lambda row: names[row.index(max(row))]
    negative, positive = names
    bound = DEFAULT_THRESHOLD if threshold is None else threshold
    return lambda row: positive if row[0] >= bound else negative


def answerer(task: str, classes: Sequence[str], threshold: float | None) -> Answerer:
    """The function that turns finite outputs (n, units) into n predictions, row by row.

    Args:
        task: one of `contract.TASKS`.
        classes: as in `labeller`.
        threshold: as in `labeller`.
    """
    if task == "regression":
        return lambda outputs: [row[0] for row in outputs]
    label = labeller(task, classes, threshold)
    if task == "multiclass_classification":
        names = tuple(classes)
        return lambda outputs: [
            Multiclass(label(row), dict(zip(names, row, strict=True))) for row in outputs
        ]
    return lambda outputs: [Binary(label(row), row[0]) for row in outputs]


def columns(task: str, classes: Sequence[str], threshold: float | None) -> tuple[Column, ...]:
    """The same predictions as `answerer` makes, column by column.

    A multiclass model's `probabilities` are in the order of `classes`.
    """
    if task == "regression":
        return (Column("prediction", "FP32", (), lambda outputs: [row[0] for row in outputs]),)
    label = labeller(task, classes, threshold)
    labels = Column("label", "BYTES", (), lambda outputs: [label(row) for row in outputs])
    if task == "multiclass_classification":
        return labels, Column("probabilities", "FP32", (len(classes),), list)
    return labels, Column("probability", "FP32", (), lambda outputs: [row[0] for row in outputs])


def finite(outputs: Outputs) -> Outputs:
    """Passes outputs on if all of them are finite.

    Raises:
        NotFiniteError: some row has NaN or an infinity.
    """
    # A sum of float32 values cannot overflow in float64, so it is finite if they all are.
    if math.isfinite(sum(map(sum, outputs))):
        return outputs
    raise NotFiniteError(sum(not all(map(math.isfinite, row)) for row in outputs))
