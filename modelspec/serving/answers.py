"""What a network says, in the words of the caller."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from .contract import DEFAULT_THRESHOLD

Outputs = Sequence[Sequence[float]]
Answerer = Callable[[Outputs], list[Any]]


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


def answerer(task: str, classes: Sequence[str], threshold: float | None) -> Answerer:
    """The function that turns outputs into predictions.

    Args:
        task: one of `contract.TASKS`.
        classes: binary: (negative, positive); multiclass: in the order of the outputs.
        threshold: binary: the positive class is named from this probability on.

    Returns:
        A function of n rows of outputs to n predictions. It raises NotFiniteError if any
        output is NaN or infinite.
    """
    if task == "regression":
        return lambda outputs: [row[0] for row in _finite(outputs)]
    if task == "multiclass_classification":
        names = tuple(classes)

        def multiclass(outputs: Outputs) -> list[Any]:
            return [
                Multiclass(names[row.index(max(row))], dict(zip(names, row, strict=True)))
                for row in _finite(outputs)
            ]

        return multiclass
    negative, positive = classes
    bound = DEFAULT_THRESHOLD if threshold is None else threshold
    return lambda outputs: [
        Binary(positive if row[0] >= bound else negative, row[0]) for row in _finite(outputs)
    ]


def _finite(outputs: Outputs) -> Outputs:
    # A sum of float32 values cannot overflow in float64, so it is finite if they all are.
    if math.isfinite(sum(map(sum, outputs))):
        return outputs
    raise NotFiniteError(sum(not all(map(math.isfinite, row)) for row in outputs))
