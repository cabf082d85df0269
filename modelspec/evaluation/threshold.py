"""The probability from which a binary model answers with the positive class."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelspec.diagnostics import ModelRejected
from modelspec.evaluation.margins import Margins, from_margins


def best_threshold(truth: ArrayLike, probabilities: ArrayLike, metric: str) -> float:
    """The threshold that maximizes a metric; of equally good ones the nearest to 0.5.

    Between two neighbouring probabilities every threshold is the same, so the middle is tried,
    where float32 noise in a served model moves no row across.

    Args:
        truth: 0 or 1, shape (rows,).
        probabilities: of class 1, shape (rows,) or (rows, 1).
        metric: a binary metric that is computed from labels.

    Returns:
        A number in (0, 1).

    Raises:
        ModelRejected: if no threshold gives the metric a value.
    """
    known = np.asarray(truth, np.int64)
    scores = np.asarray(probabilities, np.float64).reshape(known.shape)
    candidates = _candidates(scores)
    order = np.argsort(scores, kind="stable")
    below = np.searchsorted(scores[order], candidates, side="left")
    positives_below = np.concatenate(([0], np.cumsum(known[order])))[below]
    positives, rows = int(known.sum()), known.size
    labelled, hits = rows - below, positives - positives_below
    margins = Margins(
        hits=_pairs(below - positives_below, hits),
        truth=_pairs(np.full_like(below, rows - positives), np.full_like(below, positives)),
        labels=_pairs(below, labelled),
    )
    values = from_margins(metric, margins)
    if np.isnan(values).all():
        raise ModelRejected(f"no threshold gives {metric} a value on the validation rows")
    best = candidates[values == np.nanmax(values)]
    return float(min(best, key=lambda threshold: (abs(threshold - 0.5), threshold)))


def _candidates(
    scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    edges = np.unique(np.concatenate(([0.0], scores, [1.0])))
    middles = (edges[:-1] + edges[1:]) / 2
    return np.unique(np.append(middles, 0.5))


def _pairs(
    negative: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    positive: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.stack((negative, positive), axis=1).astype(np.float64)
