"""Golden rows: raw instances that an image must answer as Keras does, drawn from the schema."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from modelspec.plan.records import Categorical, Numeric, Schema

Cell = float | str | None
Draw = Callable[[], float]


def golden(schema: Schema, seed: int, count: int = 16) -> list[list[Cell]]:
    """Raw rows in feature order: the same for one schema and seed on every machine.

    Numbers lie within two `scale` of the mean, and within `min` and `max`. From two rows on,
    each category feature has a value that training never saw in one of them, and each feature
    that may be missing is missing in one.
    """
    # Of all of `random`, only `random()` is promised to give the same numbers for ever.
    draw = Random(seed).random  # noqa: S311 - not for secrets
    columns = [_column(feature, count, draw) for feature in schema.features]
    return [[column[row] for column in columns] for row in range(count)]


def _column(feature: Numeric | Categorical, count: int, draw: Draw) -> list[Cell]:
    cells: list[Cell]
    if isinstance(feature, Numeric):
        cells = [_number(feature, draw) for _ in range(count)]
        optional = feature.fill is not None
    else:
        values = feature.values or tuple(f"value {n}" for n in range(feature.hash or 0))
        cells = [values[int(draw() * len(values))] for _ in range(count)]
        optional = feature.missing != "error"
    special = int(draw() * count)
    if isinstance(feature, Categorical):
        cells[(special + 1) % count] = _unseen(feature.values)
    if optional:
        cells[special] = None
    return cells


def _number(feature: Numeric, draw: Draw) -> float:
    value = feature.mean + feature.scale * (4 * draw() - 2)
    value = float(f"{value:.6g}")  # short to read; what is asked is what is expected
    if feature.min is not None:
        value = max(value, feature.min)
    if feature.max is not None:
        value = min(value, feature.max)
    return value


def _unseen(values: tuple[str, ...]) -> str:
    name = "unseen"
    while name in values:
        name += "-"
    return name
