"""Rows drawn from a schema, that a running container is asked before anything is tagged."""

from __future__ import annotations

import random
from typing import Any

from modelspec.plan.records import Categorical, Numeric, Schema

COUNT = 16
UNSEEN = "a value that was never seen"


def golden_rows(schema: Schema, seed: int, count: int = COUNT) -> list[list[Any]]:
    """Rows of raw cells in the order of the features: the same for a schema and a seed.

    Numbers lie within two standard deviations of the mean and within their bounds. Among the
    rows are missing cells, where the model takes them, and a category that it never saw.
    """
    source = random.Random(seed)  # noqa: S311  (rows to ask, not secrets)
    return [[_cell(f, number, source) for f in schema.features] for number in range(count)]


def _cell(feature: Numeric | Categorical, number: int, source: random.Random) -> Any:
    drawn = source.random()
    if isinstance(feature, Numeric):
        if feature.fill is not None and number % 4 == 1:
            return None
        value = feature.mean + (4 * drawn - 2) * feature.scale
        low = value if feature.min is None else max(feature.min, value)
        return low if feature.max is None else min(feature.max, low)
    if feature.missing != "error" and number % 4 == 1:
        return None
    if number % 8 == 7:  # noqa: PLR2004
        return UNSEEN
    return feature.values[int(drawn * len(feature.values))]
