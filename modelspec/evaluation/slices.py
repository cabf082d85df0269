"""The parts of the test rows that a gate judges one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelspec.evaluation.predicted import Predicted
from modelspec.spec.gate import ForClass, ForEach, Slice


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows, as the model and the baseline see them.

    Attributes:
        name: such as `country = de`; empty for all rows.
        rows: how many count for the floor: of a class those that belong to it.
    """

    name: str
    rows: int
    model: Predicted
    baseline: Predicted


def parts(
    by: Slice | None,
    model: Predicted,
    baseline: Predicted,
    columns: Mapping[str, NDArray[np.object_]],
) -> list[Part]:
    """Divide the rows as a gate says; in the order of values, as text.

    Args:
        by: the gate's slice.
        model: predictions for the test rows.
        baseline: the baseline's, for the same rows.
        columns: texts of the columns that slices name, shape (rows,) each.
    """
    if by is None:
        return [Part("", model.rows, model, baseline)]
    if isinstance(by, ForClass):
        if by.name not in model.classes:
            return []
        number = model.classes.index(by.name)
        rows = int((model.truth == number).sum())
        found = model.one_against_rest(number), baseline.one_against_rest(number)
        return [Part(f"class = {by.name}", rows, *found)]
    if isinstance(by, ForEach):
        keys = list(zip(*(columns[name] for name in by.columns), strict=True))
        chosen, names = sorted(set(keys)), by.columns
    else:
        keys = [(text,) for text in columns[by.column]]
        chosen, names = [(by.value,)], (by.column,)
    return [_part(names, key, keys, model, baseline) for key in chosen]


def _part(
    names: tuple[str, ...],
    key: tuple[str, ...],
    keys: list[tuple[str, ...]],
    model: Predicted,
    baseline: Predicted,
) -> Part:
    chosen = np.fromiter((one == key for one in keys), bool, len(keys))
    pairs = zip(names, key, strict=True)
    name = ", ".join(f"{column} = {text or '(empty)'}" for column, text in pairs)
    return Part(name, int(chosen.sum()), model.take(chosen), baseline.take(chosen))
