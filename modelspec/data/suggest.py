"""A first guess at what a table is about, for a spec that a person will read and correct."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelspec.data.columns import MOST_INFERRED
from modelspec.data.numbers import read_numbers
from modelspec.data.table import Table

if TYPE_CHECKING:
    import polars as pl

    from modelspec.spec.model import Task

TARGETS = ("target", "label", "class", "outcome", "y", "churned", "churn", "diagnosis")
POSITIVE = ("1", "yes", "true", "positive", "y", "t")
_IDENTIFIER = re.compile(r"(^|_)(id|uuid|guid|key|index)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What `modelspec init` writes.

    Attributes:
        positive: of a binary target.
        features: name to type and missing policy (empty: no cell is missing), in column order.
        ignore: name to the reason for leaving it out.
    """

    task: Task
    target: str
    positive: str | None
    features: dict[str, tuple[str, str]]
    ignore: dict[str, str]


def suggest(table: Table, target: str | None = None) -> Suggestion:
    """Guess target, task, features and policies.

    Args:
        table: the data.
        target: the column to predict, if it is known: else one with a telling name, else the
            last.
    """
    named = next((n for n in table.names if n.lower() in TARGETS), table.names[-1])
    target = target or named
    task, positive = _task(table.cells(target))
    features: dict[str, tuple[str, str]] = {}
    ignore: dict[str, str] = {}
    for name in table.names:
        if name == target:
            continue
        kind, reason = _feature(name, table.cells(name))
        if reason:
            ignore[name] = reason
            continue
        missing = (table.cells(name) == "").any()
        policy = {"number": "median", "category": "own_category"}[kind] if missing else ""
        features[name] = (kind, policy)
    return Suggestion(task, target, positive, features, ignore)


def _task(cells: pl.Series) -> tuple[Task, str | None]:
    values = cells.filter(cells != "").value_counts(sort=True).to_series(0).to_list()
    if len(values) == 2:
        known = next((v for v in values if v.lower() in POSITIVE), None)
        return "binary_classification", known or values[-1]
    numbers = read_numbers(cells)
    if numbers.wrong.any():
        return "multiclass_classification", None
    few = len(values) <= 20
    whole = all("." not in v and "e" not in v.lower() for v in values)
    return ("multiclass_classification" if few and whole else "regression"), None


def _feature(name: str, cells: pl.Series) -> tuple[str, str]:
    """The type of a column, and a reason if it is better left out."""
    filled = cells.filter(cells != "")
    distinct = filled.n_unique()
    if not len(filled):
        return "", "empty in every row"
    if distinct == 1:
        return "", "the same in every row"
    unique = distinct == len(cells)
    if unique and _IDENTIFIER.search(name):
        return "", "an identifier: different in every row"
    if not read_numbers(cells).wrong.any():
        return "number", ""
    if unique or distinct > MOST_INFERRED:
        return "", f"text with {distinct} different values"
    return "category", ""
