"""What the rows of training looked like: `reference.json`, which live rows are held against.

Bins partition what a cell can be. In their order: the plain ones; then, for a category with a
list of values, those that are not in it; then, where a cell may be missing, the missing ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .features import Category, Number


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of a number, or else of one-hot columns.

    Attributes:
        labels: of all bins.
        shares: of the reference rows in each bin, of all bins.
        cuts: ascending float32 numbers, in the units of the encoded column. There is a plain bin
            up to each of them, which holds the cut itself, and one beyond the last.
        columns: the plain bin of each one-hot column; some share one.
    """

    labels: list[str]
    shares: list[float]
    cuts: list[float] | None = None
    columns: list[int] | None = None

    @property
    def plain(self) -> int:
        """How many of the bins are plain ones."""
        if self.cuts is not None:
            return len(self.cuts) + 1
        return max(self.columns or (), default=-1) + 1


@dataclass(frozen=True, slots=True)
class Reference:
    """Bins of every feature that is not personal, by name, and of what the model answers."""

    features: dict[str, Bins]
    predictions: Bins


def misfit(reference: Reference, features: Sequence[Number | Category], units: int) -> str:
    """How a reference contradicts itself or the model; an empty text if it does not."""
    if set(reference.features) - {feature.name for feature in features}:
        return "it has bins of what is no feature"
    for feature in features:
        bins = reference.features.get(feature.name)
        if bins is None:
            continue
        columns = None
        if isinstance(feature, Category):
            columns = feature.width - feature.has_own_column
        if not _fits(bins, columns, more=feature.unseen + feature.optional):
            return "bins of a feature do not fit it"
    columns = units if units > 1 else None
    return "" if _fits(reference.predictions, columns, more=0) else "bins of predictions do not fit"


def _fits(bins: Bins, columns: int | None, more: int) -> bool:
    """Whether bins are of so many one-hot columns, or of numbers, and of so many other bins."""
    if columns is None:
        right = bins.cuts is not None and all(low < high for low, high in pairwise(bins.cuts))
    else:
        found = bins.columns or []
        right = bins.cuts is None and len(found) == columns and min(found, default=0) >= 0
    labels = bins.labels
    return (
        right
        and len(labels) == len(bins.shares) == bins.plain + more
        and len(set(labels)) == len(labels)
    )
