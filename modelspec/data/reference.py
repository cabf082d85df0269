"""What rows look like, bin by bin: the reference that live rows are held against.

A number has quantile bins, of training rows that are not missing. A cut is the value of a row; the
bin below it holds it. A value on which several quantiles fall has a bin of its own, so a constant
column has three: below, at, and above its value. A category has a bin for each of its most
frequent values, and one for the others together. Beside these there is a bin for unseen and one
for missing cells, where there can be such. Personal features have none.

The more bins, the more the population stability index of two equal distributions is above 0 by
chance: about (bins - 1) / rows. So few rows have few bins.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from modelspec.data.columns import Column
from modelspec.plan.records import Categorical, Numeric, Schema
from modelspec.serving.features import Category, Number
from modelspec.serving.preprocess import Preprocessor
from modelspec.serving.reference import Bins
from modelspec.serving.tally import Counts, FeatureTally, OutputTally

MOST_QUANTILES = 10
MOST_VALUES = 30
ROWS_A_BIN = 25
"""Fewer rows than the most bins need have a bin for so many of them."""
LONGEST_LABEL = 100
"""Longer values have no bin of their own."""


def feature_bins(schema: Schema, columns: Mapping[str, Column]) -> dict[str, Bins]:
    """Bins of every feature that is not personal, with the shares of the rows in them.

    Args:
        schema: the features.
        columns: raw cells of the training rows, as `data.dataset.Rows` has them.
    """
    preprocessor = Preprocessor([feature.model_dump() for feature in schema.features])
    encoded = preprocessor.columns(columns)
    bins: dict[str, Bins] = {}
    missing: dict[int, int] = {}
    for feature, place in zip(schema.features, preprocessor.features, strict=True):
        if feature.pii:
            continue
        cells = columns[feature.name]
        if isinstance(feature, Numeric) and isinstance(place, Number):
            numbers = cells.astype(np.float64)
            missing[place.position] = int(np.isnan(numbers).sum())
            bins[feature.name] = _of_number(feature, place, numbers)
        elif isinstance(feature, Categorical) and isinstance(place, Category):
            missing[place.position] = sum(cell is None for cell in cells)
            hot = encoded[:, place.start : place.start + place.width - place.has_own_column]
            bins[feature.name] = _of_category(feature, place, hot.sum(axis=0, dtype=np.int64))
    tally = FeatureTally(preprocessor.features, bins)
    tally.add(encoded)
    for position, count in missing.items():
        tally.impute(repeat(position, count))
    counts = tally.counts()
    return {n: _shared(bins[n], c, len(encoded)) for n, c in zip(bins, counts, strict=True)}


def prediction_bins(classes: Sequence[str], outputs: NDArray[np.float32]) -> Bins:
    """Bins of what a model answers, with the shares of the rows in them.

    Args:
        classes: in the order of the outputs, if there are several.
        outputs: (n, units) of rows that the model was not fitted to.
    """
    if outputs.shape[1] > 1:
        winners = np.bincount(outputs.argmax(axis=1), minlength=len(classes))
        bins = _of_values(classes, winners, [])
    else:
        # Few digits are easier to read, and another machine comes to the same.
        rounded = [np.float32(f"{value:.6g}") for value in np.sort(outputs[:, 0])]
        bins = _of_numbers(np.array(rounded), np.float32, [])
    tally = OutputTally(bins)
    tally.add(outputs)
    return _shared(bins, tally.counts(), len(outputs))


def _shared(bins: Bins, counts: Counts, rows: int) -> Bins:
    return replace(bins, shares=(counts / rows).tolist())


def _of_number(feature: Numeric, place: Number, cells: NDArray[np.float64]) -> Bins:
    def encode(value: float) -> np.float32:
        return np.float32((value - feature.mean) / feature.scale)

    known = np.sort(cells[~np.isnan(cells)])
    return _of_numbers(known, encode, ["missing"] if place.optional else [])


def _of_numbers(
    ascending: NDArray[np.floating], encode: Callable[[float], np.float32], more: list[str]
) -> Bins:
    """Quantile bins of numbers.

    Args:
        ascending: the numbers.
        encode: what a number is in the units of the cuts.
        more: labels of the bins behind the plain ones.
    """
    rows = ascending.size
    count = _most(MOST_QUANTILES, rows)
    ranks = [math.ceil(k * rows / count) - 1 for k in range(1, count)]
    cuts: list[float] = []
    labels = []
    begin = "(-Inf"
    for cut, end, after in _edges(ascending[ranks], encode):
        if cuts and cut <= cuts[-1]:
            continue  # two numbers can be one in float32
        cuts.append(cut)
        labels.append(_interval(begin, end))
        begin = after
    return Bins([*labels, _interval(begin, "+Inf)"), *more], [], cuts=cuts)


def _edges(
    quantiles: NDArray[np.floating], encode: Callable[[float], np.float32]
) -> Iterator[tuple[float, str, str]]:
    """Where bins end: the cut, the end of one label and the beginning of the next."""
    for value, times in zip(*np.unique(quantiles, return_counts=True), strict=True):
        text = str(value).removesuffix(".0")
        at = encode(value)
        if times > 1:
            # Not only the next smaller number: near 0 processors may be set to take it for 0.
            below = min(np.nextafter(at, np.float32("-inf")), at - np.float32(1e-30))
            yield float(below), f"{text})", f"[{text}"
        yield float(at), f"{text}]", f"({text}"


def _interval(begin: str, end: str) -> str:
    alone = begin.startswith("[") and end.endswith("]") and begin[1:] == end[:-1]
    return f"{begin}]" if alone else f"{begin}, {end}"


def _of_category(feature: Categorical, place: Category, rows: Counts) -> Bins:
    names = feature.values or tuple(f"bucket {n}" for n in range(feature.hash or 0))
    more = ["unseen"] * place.unseen + ["missing"] * place.optional
    return _of_values(names, rows, more)


def _of_values(names: Sequence[str], rows: Counts, more: list[str]) -> Bins:
    """A bin for each of the most frequent values, one for the others, and `more` behind them."""
    order = sorted(range(len(names)), key=lambda i: (-rows[i], i))
    short = [i for i in order if len(names[i]) <= LONGEST_LABEL]
    own = sorted(short[: _most(MOST_VALUES, int(rows.sum()))])
    others = len(own) < len(names)
    labels = [names[i] for i in own]
    for label in ["other"] * others + more:
        labels.append(_apart(label, labels))
    bin_of = {column: number for number, column in enumerate(own)}
    columns = [bin_of.get(column, len(own)) for column in range(len(names))]
    return Bins(labels, [], columns=columns)


def _apart(label: str, labels: Sequence[str]) -> str:
    """The label, with dashes where a value of the data is called the same."""
    while label in labels:
        label += "-"
    return label


def _most(bins: int, rows: int) -> int:
    return min(bins, max(2, rows // ROWS_A_BIN))
