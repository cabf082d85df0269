"""How good answers were, as counters from which metrics can be computed over any time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from prometheus_client.core import CounterMetricFamily

from .contract import (
    FEEDBACK_ABSOLUTE_ERROR,
    FEEDBACK_OUTCOMES,
    FEEDBACK_SQUARED_ERROR,
    LABEL_CLASS,
    LABEL_OUTCOME,
    LABEL_VERSION,
    OUTCOMES,
)
from .features import NUMBERS
from .series import Series

# Networks compute with float32; a larger label would spoil the sums for ever.
_LARGEST = float(np.finfo(np.float32).max)


class Unclear(ValueError):
    """A pair that cannot be judged; the message says why, and never what it holds."""


class Quality(Protocol):
    """Judges pairs of an answer and the label that turned out to be right."""

    def read(self, prediction: Any, label: Any) -> tuple[Any, Any]:
        """A pair as `add` takes it.

        Raises:
            Unclear: it is none.
        """

    def add(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Counts pairs."""

    def exposition(self) -> str:
        """The counters in the text format of Prometheus."""


class Outcomes:
    """Each class against the rest: true positives, false positives, false negatives.

    Args:
        version: MAJOR.MINOR.
        classes: their names.
    """

    def __init__(self, version: str, classes: Sequence[str]) -> None:
        self._index: dict[Any, int] = {name: number for number, name in enumerate(classes)}
        self._counts = [[0, 0, 0] for _ in classes]
        labels = (LABEL_VERSION, LABEL_CLASS, LABEL_OUTCOME)
        family = CounterMetricFamily(
            FEEDBACK_OUTCOMES, "Judged answers, of each class against the rest.", labels=labels
        )
        for name in classes:
            for outcome in OUTCOMES:
                family.add_metric((version, name, outcome), 0)
        self._series = Series(family)

    def read(self, prediction: Any, label: Any) -> tuple[int, int]:
        """Indexes of the class that was answered and of the one that was right."""
        answered = prediction.get("label") if type(prediction) is dict else None
        try:
            return self._index[answered], self._index[label]
        except (KeyError, TypeError):
            raise Unclear(
                "prediction must be an answer of this version with its label, "
                "and label one of its classes"
            ) from None

    def add(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Counts pairs of indexes."""
        for answered, right in pairs:
            if answered == right:
                self._counts[right][0] += 1
            else:
                self._counts[answered][1] += 1
                self._counts[right][2] += 1

    def exposition(self) -> str:
        """One series for each class and outcome."""
        return self._series.text(count for counts in self._counts for count in counts)


class Errors:
    """Sums of absolute and squared errors of numbers.

    Args:
        version: MAJOR.MINOR.
    """

    def __init__(self, version: str) -> None:
        self._absolute = self._squared = 0.0
        self._series = [
            Series(_sum(FEEDBACK_ABSOLUTE_ERROR, "Sum of absolute errors.", version)),
            Series(_sum(FEEDBACK_SQUARED_ERROR, "Sum of squared errors.", version)),
        ]

    def read(self, prediction: Any, label: Any) -> tuple[float, float]:
        """Both numbers."""
        for value in (prediction, label):
            if type(value) not in NUMBERS or not -_LARGEST <= value <= _LARGEST:
                raise Unclear("prediction and label must be numbers that float32 can hold")
        return float(prediction), float(label)

    def add(self, pairs: Iterable[tuple[float, float]]) -> None:
        """Adds up their errors."""
        for answered, right in pairs:
            error = abs(answered - right)
            self._absolute += error
            self._squared += error * error

    def exposition(self) -> str:
        """Two series."""
        sums = (self._absolute, self._squared)
        return "".join(s.text([value]) for s, value in zip(self._series, sums, strict=True))


def _sum(name: str, about: str, version: str) -> CounterMetricFamily:
    family = CounterMetricFamily(name, about, labels=[LABEL_VERSION])
    family.add_metric([version], 0)
    return family
