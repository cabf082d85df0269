"""What the network needs to know of each feature, learned from training rows alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelspec.data.columns import Column
from modelspec.data.problems import Problems
from modelspec.plan.records import Categorical, Numeric, Schema
from modelspec.spec.data import Feature, NumberFeature
from modelspec.spec.scalar import show


def fit_schema(
    features: Mapping[str, Feature],
    columns: Mapping[str, Column],
    target: NDArray[np.float64] | NDArray[np.int64],
    classes: tuple[str, ...],
    train: NDArray[np.bool_],
    problems: Problems,
) -> Schema:
    """Learn means, scales, fills and categories from the training rows.

    Sums are exact (`math.fsum`), so that the result is the same on every machine.

    Args:
        features: names and what they are, in the order of inputs.
        columns: their cells.
        target: numbers, or indexes into `classes`.
        classes: names in the order of outputs; none for regression.
        train: shape (rows,): true for training rows.
        problems: gets features of which the training rows tell nothing.
    """
    fitted = tuple(
        _numeric(name, feature, columns[name][train].astype(np.float64), problems)
        if isinstance(feature, NumberFeature)
        else _categorical(name, feature, list(columns[name][train]), problems)
        for name, feature in features.items()
    )
    if classes:
        return Schema(features=fitted, classes=classes)
    mean, scale = mean_and_scale(target[train].astype(np.float64))
    return Schema(features=fitted, target_mean=mean, target_scale=scale)


def mean_and_scale(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and population standard deviation; a scale of 1.0 where all values are the same."""
    if values.min() == values.max():
        return float(values[0]), 1.0
    mean = math.fsum(values) / values.size
    scale = math.sqrt(math.fsum((values - mean) ** 2) / values.size)
    return mean, scale or 1.0  # squares of very small differences are zero


def _numeric(
    name: str, feature: NumberFeature, values: NDArray[np.float64], problems: Problems
) -> Numeric:
    known = values[~np.isnan(values)]
    path = ("data", "features", name)
    if not known.size:
        problems.in_spec(path, f"{show(name)} is empty in every training row", "add it to ignore")
        known = np.zeros(1)
    fill = None
    if feature.missing == "median":
        fill = float(np.median(known))
    elif feature.missing == "mean":
        fill = math.fsum(known) / known.size
    elif feature.missing is not None:
        fill = float(feature.missing)
    mean, scale = mean_and_scale(
        known if fill is None else np.where(np.isnan(values), fill, values)
    )
    if known.min() == known.max():
        _constant(name, feature, known[0], problems)
    return Numeric(
        name=name,
        fill=fill,
        min=feature.min,
        max=feature.max,
        mean=mean,
        scale=scale,
        pii=feature.pii,
    )


def _constant(name: str, feature: NumberFeature, value: float, problems: Problems) -> None:
    path = ("data", "features", name)
    if feature.pii:  # its mean, which the model keeps, would be everybody's value
        message = f"{show(name)} is the same in every training row, and its mean would tell it"
        problems.in_spec(path, message, "add it to ignore")
    else:
        problems.warn(path, f"{show(name)} is {value:g} in every training row")


def _categorical(
    name: str, feature: Feature, texts: list[str | None], problems: Problems
) -> Categorical:
    assert not isinstance(feature, NumberFeature)  # noqa: S101  (for the type checker)
    path = ("data", "features", name)
    known: dict[str, Any] = {"name": name, "pii": feature.pii}
    counts = Counter(text for text in texts if text is not None)
    values = feature.values or tuple(sorted(counts))
    if not values or not any(counts[value] for value in values):
        problems.in_spec(path, f"no training row has a value of {show(name)}", "add it to ignore")
    if feature.encoding is None:
        known["values"] = values
    else:
        known |= {"values": (), "hash": feature.encoding.hash}
    if feature.missing == "own_category":
        known["missing"] = "own_category"
    elif feature.missing == "most_frequent" and values:
        # Of equally frequent values the first is taken: the order of rows must not matter.
        known |= {"missing": "fill", "fill": max(values, key=lambda value: counts[value])}
    return Categorical(**known)
