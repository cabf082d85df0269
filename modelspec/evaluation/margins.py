"""Metrics of labels, from counts per class: for many tables of counts at once.

scikit-learn computes the values that are reported. Bootstrap intervals and the search for a
threshold need thousands of them, for which one call each would take minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Margins:
    """Counts of rows per class, each of shape (tables, classes).

    Attributes:
        hits: rows of the class that were labelled so.
        truth: rows of the class.
        labels: rows that were labelled so.
    """

    hits: Numbers
    truth: Numbers
    labels: Numbers


def from_margins(name: str, margins: Margins) -> Numbers:
    """One metric of every table.

    Args:
        name: a metric that `modelspec.spec.metrics` marks as computed from labels; without an
            average it is about the last class.
        margins: the counts.

    Returns:
        Shape (tables,); NaN where the metric is not defined.
    """
    total = margins.truth.sum(axis=1)
    kind, _, average = name.partition("_")
    if kind == "accuracy" or average == "micro":
        return _ratio(margins.hits.sum(axis=1), total)  # one label a row: both are the same
    doubled = {
        "precision": (margins.hits, margins.labels),
        "recall": (margins.hits, margins.truth),
        "f1": (2 * margins.hits, margins.truth + margins.labels),
    }[kind]
    values = _ratio(*doubled)
    if not average:
        return values[:, -1]
    if average == "macro":
        return np.asarray(values.mean(axis=1))
    weights = margins.truth
    weighted = np.where(weights > 0, values, 0.0) * weights
    return _ratio(weighted.sum(axis=1), total)


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    result = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
