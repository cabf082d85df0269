"""The column to predict: classes and their order, or numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modelspec.data.columns import check_numbers
from modelspec.data.problems import Problems
from modelspec.data.table import Table, listed
from modelspec.spec.model import ModelSpec
from modelspec.spec.scalar import show

MOST_CLASSES = 1000

_PATH = ("data", "target", "column")
_POSITIVE = {("0", "1"), ("false", "true"), ("no", "yes")}


def read_target(
    table: Table, spec: ModelSpec, problems: Problems
) -> tuple[NDArray[np.float64] | NDArray[np.int64], tuple[str, ...]]:
    """The target of every row.

    Returns:
        Regression: float64 of shape (rows,), and no classes. Else the index of the class of
        each row, int64 of shape (rows,), and the classes; binary: (negative, positive).
    """
    name = spec.data.target.column
    cells = table.cells(name)
    empty = (cells == "").to_numpy()
    message = f"the target {show(name)} is empty here"
    problems.in_cells(name, empty, message, "remove rows whose answer is not known")
    if spec.task == "regression":
        return _numbers(table, name, problems), ()
    counts = _counts(cells)
    classes = _classes(spec, counts, problems)
    index = {label: number for number, label in enumerate(classes)}
    return np.array([index.get(label, 0) for label in cells], dtype=np.int64), classes


def _numbers(table: Table, name: str, problems: Problems) -> NDArray[np.float64]:
    found = table.numbers(name)
    check_numbers(table, name, found, problems, "remove rows whose answer is not known")
    known = found.values[~np.isnan(found.values)]
    if known.size and known.min() == known.max():
        problems.in_spec(
            _PATH,
            f"the target {show(name)} is {known[0]:g} in every row: there is nothing to learn",
        )
    return found.values


def _counts(cells: pl.Series) -> dict[str, int]:
    """How many rows have each label, in the order of text; empty cells are left out."""
    labels, numbers = np.unique(np.array(cells.to_list(), dtype=object), return_counts=True)
    return {str(label): int(n) for label, n in zip(labels, numbers, strict=True) if label}


def _classes(spec: ModelSpec, counts: dict[str, int], problems: Problems) -> tuple[str, ...]:
    """The classes in the order of the network's outputs."""
    name = show(spec.data.target.column)
    found = ", ".join(
        f"{show(label)} ({n} row{'s' * (n != 1)})" for label, n in list(counts.items())[:10]
    )
    found += f" and {len(counts) - 10} more" if len(counts) > 10 else ""
    binary = spec.task == "binary_classification"
    if len(counts) < 2:
        problems.in_spec(
            _PATH,
            f"the target {name} has one class, {found}: there is nothing to tell apart"
            if counts
            else f"the target {name} is empty in every row",
            "add rows of another class, or choose another target",
        )
    elif len(counts) > MOST_CLASSES:
        problems.in_spec(
            _PATH,
            f"the target {name} has {len(counts)} different values: too many for classes",
            "write task: regression, if they are numbers",
        )
    elif binary and len(counts) > 2:
        problems.in_spec(
            _PATH,
            f"the target {name} has {len(counts)} classes, and binary classification needs two: "
            f"{found}",
            "write task: multiclass_classification, or correct the labels",
        )
    elif not binary and len(counts) == 2:
        problems.in_spec(
            _PATH,
            f"the target {name} has two classes: {found}",
            "write task: binary_classification",
        )
    elif binary:
        return _ordered(spec, tuple(counts), problems)
    return tuple(counts)


def _ordered(spec: ModelSpec, labels: Sequence[str], problems: Problems) -> tuple[str, ...]:
    """(negative, positive)."""
    first, second = labels
    positive = spec.data.target.positive
    column = spec.data.target.column
    if positive is None:
        if (first.lower(), second.lower()) in _POSITIVE:
            return first, second
        problems.in_spec(
            _PATH,
            f"which class of {show(column)} is the positive one, {show(first)} or {show(second)}?",
            f'write target: {{column: {column}, positive: "{second}"}}: the class that '
            "precision, recall and the answer are about",
        )
    elif positive not in labels:
        problems.in_spec(
            ("data", "target", "positive"),
            f"no row of {show(column)} is {show(positive)}; its classes are {listed(labels)}",
            f'write positive: "{first}" or positive: "{second}"',
        )
    return (second, first) if positive == first else (first, second)


def check_sides(
    sides: Sequence[str],
    rows: Sequence[NDArray[np.bool_]],
    target: NDArray[np.float64] | NDArray[np.int64],
    classes: Sequence[str],
    problems: Problems,
) -> None:
    """Every side needs rows, and rows of every class.

    Args:
        sides: their names.
        rows: for each side, shape (rows,): true where a row is on it.
        target: numbers, or indexes into `classes`.
        classes: names; none for regression.
        problems: gets what is missing, with the counts.
    """
    path = ("data", "split")
    hint = "more rows, larger shares in data.split, or another data.split.seed"
    sizes = ", ".join(f"{side} {int(on.sum())}" for side, on in zip(sides, rows, strict=True))
    empty = [side for side, on in zip(sides, rows, strict=True) if not on.any()]
    if empty:
        problems.in_spec(path, f"no row is a {' or '.join(empty)} row ({sizes})", hint)
        return
    counts = np.array([[int((target[on] == c).sum()) for c in range(len(classes))] for on in rows])
    for number, name in enumerate(classes):
        lacking = [side for side, n in zip(sides, counts[:, number], strict=True) if not n]
        if lacking:
            by_side = ", ".join(
                f"{side} {n} of {int(on.sum())}"
                for side, n, on in zip(sides, counts[:, number], rows, strict=True)
            )
            message = f"no {' or '.join(lacking)} row is of class {show(name)} ({by_side})"
            problems.in_spec(path, message, hint)
