"""Percentile bootstrap: how much a metric could have differed with other rows of the same kind.

Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelspec.evaluation.margins import Margins, from_margins
from modelspec.evaluation.predicted import Predicted
from modelspec.evaluation.resampled import from_scores
from modelspec.spec.metrics import METRICS

RESAMPLES = 1000
_LARGE = 20_000  # rows from which fewer resamples are drawn, so that time stays bounded
_FEWEST = 100
_BLOCK = 1_000_000  # numbers held at once


@dataclass(frozen=True, slots=True)
class Interval:
    """The middle 95 % of a metric over resamples.

    Attributes:
        low: the 2.5th percentile.
        high: the 97.5th.
        resamples: how many were drawn.
        skipped: in how many of them the metric was not defined.
    """

    low: float
    high: float
    resamples: int
    skipped: int


def intervals(
    predicted: Predicted, names: Iterable[str], seed: int = 42, resamples: int | None = None
) -> dict[str, Interval]:
    """95 % intervals of some metrics.

    Args:
        predicted: predictions beside the truth; each metric must be defined for them.
        names: metrics that the task knows.
        seed: of the draws; the same seed gives the same intervals.
        resamples: left out: 1,000, and fewer above 20,000 rows, at least 100.
    """
    count = resamples or max(_FEWEST, min(RESAMPLES, RESAMPLES * _LARGE // predicted.rows))
    names = list(names)
    values: dict[str, NDArray[np.float64]] = {}
    by_labels = [name for name in names if METRICS[name].from_labels]
    if by_labels:
        margins = _margins(predicted, np.random.default_rng((seed, 0)), count)
        values |= {name: from_margins(name, margins) for name in by_labels}
    by_scores = {name: from_scores(name, predicted) for name in names if name not in values}
    if by_scores:
        found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in by_scores}
        for times in _draws(predicted.rows, np.random.default_rng((seed, 1)), count):
            for name, compute in by_scores.items():
                found[name].append(compute(times))
        values |= {name: np.concatenate(parts) for name, parts in found.items()}
    return {name: _interval(name, values[name]) for name in names}


def _interval(name: str, values: NDArray[np.float64]) -> Interval:
    defined = values[~np.isnan(values)]
    if not defined.size and METRICS[name].kind == "share":
        return Interval(0.0, 1.0, values.size, values.size)  # nothing is known, so all is possible
    low, high = np.percentile(defined, (2.5, 97.5))
    return Interval(float(low), float(high), values.size, values.size - defined.size)


def _draws(rows: int, random: np.random.Generator, count: int) -> Iterator[NDArray[np.int64]]:
    """How often each row was drawn, in blocks of shape (some resamples, rows)."""
    block = max(1, _BLOCK // rows)
    for start in range(0, count, block):
        size = min(block, count - start)
        drawn = random.integers(0, rows, (size, rows)) + np.arange(size)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows)


def _margins(predicted: Predicted, random: np.random.Generator, count: int) -> Margins:
    """Counts per class of every resample.

    Metrics of labels depend on rows only through how many of each (class, label) there are, and
    over resamples those counts are multinomial.
    """
    width = len(predicted.classes)
    pairs = predicted.truth.astype(np.int64) * width + predicted.labels
    cells, sizes = np.unique(pairs, return_counts=True)
    drawn = random.multinomial(predicted.rows, sizes / predicted.rows, size=count)
    truth, labels = np.divmod(cells, width)

    def summed(of: NDArray[np.int64]) -> NDArray[np.float64]:
        """The cells of each class added up."""
        columns = [drawn[:, of == number].sum(axis=1) for number in range(width)]
        return np.stack(columns, axis=1).astype(np.float64)

    return Margins(
        hits=summed(np.where(truth == labels, truth, -1)),
        truth=summed(truth),
        labels=summed(labels),
    )
