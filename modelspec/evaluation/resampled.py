"""Metrics of many resamples at once.

A resample draws as many rows as there are, with replacement; it is written as how often each row
was drawn, an array `times` of shape (resamples, rows). Values are NaN where a metric is not
defined. On the rows as they are (`times` all one) they equal scikit-learn's: tests hold it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelspec.evaluation.predicted import Predicted

Times: TypeAlias = "NDArray[np.int64]"
Values: TypeAlias = "NDArray[np.float64]"

_EPSILON = np.finfo(np.float64).eps


def from_scores(name: str, predicted: Predicted) -> Callable[[Times], Values]:
    """How to compute a metric of scores for resamples of these rows."""
    truth, scores = predicted.truth, predicted.scores
    if name == "roc_auc":
        return _roc_auc(truth == 1, scores)
    if name == "average_precision":
        return _average_precision(truth == 1, scores)
    if name == "roc_auc_ovr":
        each = [_roc_auc(truth == n, scores[:, n]) for n in range(len(predicted.classes))]
        return lambda times: np.mean([one(times) for one in each], axis=0)
    if name == "log_loss":
        if scores.ndim == 1:
            scores = np.stack((1 - scores, scores), axis=1)
        clipped = np.clip(scores, _EPSILON, 1 - _EPSILON)
        return _mean(-np.log(clipped[np.arange(truth.size), truth.astype(np.int64)]))
    error = truth - scores
    if name == "r2":
        return _r2(truth.astype(np.float64), error)
    mean = _mean(np.abs(error) if name == "mae" else error**2)
    return (lambda times: np.sqrt(mean(times))) if name == "rmse" else mean


def _mean(losses: Values) -> Callable[[Times], Values]:
    return lambda times: (times * losses).sum(axis=1) / losses.size


def _r2(truth: Values, error: Values) -> Callable[[Times], Values]:
    centred = truth - truth.mean()
    squares, total = error**2, centred**2

    def compute(times: Times) -> Values:
        spread = (times * total).sum(axis=1) - (times * centred).sum(axis=1) ** 2 / truth.size
        defined = spread > 1e-12 * total.sum()
        ratio = np.full(spread.shape, np.nan)
        np.divide((times * squares).sum(axis=1), spread, out=ratio, where=defined)
        return 1.0 - ratio

    return compute


def _ranked(
    positive: NDArray[np.bool_], scores: Values
) -> Callable[[Times], tuple[Values, Values]]:
    """Counts of positive and negative rows for each distinct score, from low to high."""
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    yes = positive[order]

    def count(times: Times) -> tuple[Values, Values]:
        drawn = times[:, order].astype(np.float64)
        hits = np.add.reduceat(drawn * yes, starts, axis=1)
        return hits, np.add.reduceat(drawn, starts, axis=1) - hits

    return count


def _roc_auc(positive: NDArray[np.bool_], scores: Values) -> Callable[[Times], Values]:
    """The share of pairs (positive, negative) in the right order; ties count half."""
    count = _ranked(positive, scores)

    def compute(times: Times) -> Values:
        hits, misses = count(times)
        below = misses.cumsum(axis=1) - misses / 2
        pairs = hits.sum(axis=1) * misses.sum(axis=1)
        result = np.full(pairs.shape, np.nan)
        np.divide((hits * below).sum(axis=1), pairs, out=result, where=pairs > 0)
        return result

    return compute


def _average_precision(positive: NDArray[np.bool_], scores: Values) -> Callable[[Times], Values]:
    """The sum of precision times the gain of recall, over thresholds from high to low."""
    count = _ranked(positive, scores)

    def compute(times: Times) -> Values:
        hits, misses = (part[:, ::-1] for part in count(times))
        found = hits.cumsum(axis=1)
        labelled = found + misses.cumsum(axis=1)
        precision = np.divide(found, labelled, out=np.zeros_like(found), where=labelled > 0)
        total = found[:, -1]
        result = np.full(total.shape, np.nan)
        np.divide((hits * precision).sum(axis=1), total, out=result, where=total > 0)
        return result

    return compute
