"""A first guess at what a table is about, for a spec that a person will read and correct."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from modelspec.data.columns import MOST_INFERRED
from modelspec.data.table import Table
from modelspec.spec.scalar import show

if TYPE_CHECKING:
    from modelspec.spec.model import Task

TARGETS = (
    *("target", "label", "class", "outcome", "y", "churned", "churn", "diagnosis"),
    *("survived", "species", "default", "fraud", "is_fraud", "income", "quality"),
)
POSITIVE = ("1", "yes", "true", "positive", "y", "t")
BUCKETS = 64

_IDENTIFIER = re.compile(r"(^|[_\W])(?i:id|uuid|guid)$|[a-z](Id|ID)$")
_NUMBER = re.compile(r"(^|[_\W])(?i:key|index|no|nr|number)$|[a-z](Key|Index|No|Nr|Number)$")
_DATE = (
    r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})"
    r"|\d{1,2}[- ]?[A-Za-z]{3,9}[- ,]{1,2}\d{2,4}|[A-Za-z]{3,9} \d{1,2},? \d{4}"
    r"|\d{4}-\d{2})([T ]\d{1,2}:\d{2}.*)?$"
)
_FEW = 20  # whole numbers with no more values may be classes
_FEWEST_OF_A_CLASS = 5
_LONG = 60  # characters; what is longer on average is prose


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column is taken for.

    Attributes:
        kind: `` if it is better left out.
        missing: the policy for empty cells; empty if there are none.
        hashed: whether its texts share a fixed number of inputs.
        why: for a comment; empty where there is nothing to say.
    """

    kind: Literal["", "number", "category"]
    missing: str = ""
    hashed: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What `modelspec init` writes.

    Attributes:
        positive: of a binary target.
        columns: all but the target, in the order of the table.
        key: a column that says whom a row is about; rows of one stay together.
    """

    task: Task
    target: str
    positive: str | None
    columns: dict[str, Guess]
    key: str = ""

    @property
    def features(self) -> dict[str, Guess]:
        """The columns that the model sees."""
        return {name: guess for name, guess in self.columns.items() if guess.kind}


def suggestions(table: Table, target: str | None = None) -> Iterator[Suggestion]:
    """Guesses at target, task, features and policies, the best first.

    Args:
        table: the data.
        target: the column to predict, if it is known: else one with a telling name, else the
            last that could be one.
    """
    columns = {name: _Column(table, name) for name in table.names}
    guesses = {name: column.guess() for name, column in columns.items()}
    named = sorted(table.names, key=lambda n: n.lower() not in TARGETS)
    told = [name for name in named if name.lower() in TARGETS]
    possible = [target] if target else [*told, *reversed(table.names)]
    key = next((n for n, column in columns.items() if column.is_repeated_identifier), "")
    for name in dict.fromkeys(possible):
        for task, positive in columns[name].tasks(asked=name == target):
            same = Guess("", why=f"says the same as {show(name)}")
            rest = {
                other: same if guess.kind and columns[other].says(columns[name]) else guess
                for other, guess in guesses.items()
                if other != name
            }
            if any(guess.kind for guess in rest.values()):
                yield Suggestion(task, name, positive, rest, key if key != name else "")


class _Column:
    """A column, and what is asked about it."""

    def __init__(self, table: Table, name: str) -> None:
        self.name = name
        self.cells = table.cells(name)
        self.numbers = table.numbers(name)
        self.filled = self.cells.filter(self.cells != "")
        self.distinct = self.filled.n_unique()
        self.nameless = name in table.nameless

    @property
    def empty(self) -> int:
        return len(self.cells) - len(self.filled)

    @cached_property
    def wrong(self) -> int:
        """How many cells are no numbers."""
        return int(self.numbers.wrong.sum())

    @cached_property
    def counts(self) -> bool:
        """Whether it numbers the rows."""
        values = self.numbers.values
        whole = not self.empty and not self.wrong and len(values) > 2
        return bool(whole and (np.diff(values) == 1).all())

    @cached_property
    def is_identifier(self) -> bool:
        """Whether it names each row, judging by its name: what measures has decimals or repeats."""
        named = _IDENTIFIER.search(self.name) or _NUMBER.search(self.name)
        return bool(named) and self.is_whole and self.distinct == len(self.cells)

    @property
    def is_repeated_identifier(self) -> bool:
        """Whether it says whom each of some rows is about."""
        few, many = 20, len(self.cells)
        named = bool(_IDENTIFIER.search(self.name)) and self.is_whole and not self.empty
        return named and few <= self.distinct < many

    @cached_property
    def is_whole(self) -> bool:
        """Whether no cell is a number with decimals."""
        decimals = ~np.isnan(self.numbers.values) & (self.numbers.values % 1 != 0)
        return not decimals.any()

    @cached_property
    def is_date(self) -> bool:
        dated = int(self.filled.str.contains(_DATE).sum())
        return bool(self.wrong) and dated >= 0.95 * len(self.filled)

    def guess(self) -> Guess:
        """What it is taken for as a feature."""
        if reason := self._reason():
            return Guess("", why=reason)
        verb = "is" if self.empty == 1 else "are"
        empty = f"{self.empty:,} of {len(self.cells):,} cells {verb} empty" if self.empty else ""
        if not self.wrong:
            return Guess("number", "median" if self.empty else "", why=empty)
        said = [empty, self._mixed()] if self._mixed() else [empty]
        hashed = self.distinct > MOST_INFERRED
        if hashed:
            said.append(f"{self.distinct:,} different values share {BUCKETS} inputs")
        why = "; ".join(filter(None, said))
        return Guess("category", "own_category" if self.empty else "", hashed, why)

    def _reason(self) -> str:
        """Why it is better left out; empty if it is not."""
        first = show(self.filled[0]) if len(self.filled) else ""
        all_distinct = self.distinct == len(self.filled)
        number = not self.wrong
        rules = (
            (not len(self.filled), "empty in every row"),
            (self.counts, "counts the rows"),
            (self.nameless, f"has no name in the header; holds {first}, ..."),
            (self.distinct == 1 and (number or not self.empty), f"{first} in every row"),
            (self.is_identifier, "an identifier: different in every row"),
            (self.is_repeated_identifier, "an identifier, which a model would learn by heart"),
            (self.is_date, f"a date or time: {first}, ..."),
            (number and bool(self.numbers.large.any()), "has numbers too large for a network"),
            (not number and all_distinct, "text that is different in every row"),
            (not number and self._is_prose, "text to be read, not a category"),
            (
                not number and 2 * self.distinct > len(self.filled) > _FEW,
                f"text with {self.distinct:,} different values in {len(self.filled):,} cells",
            ),
        )
        return next((reason for holds, reason in rules if holds), "")

    @property
    def _is_prose(self) -> bool:
        return self.distinct > _FEW and float(self.filled.str.len_chars().mean() or 0) > _LONG

    def _mixed(self) -> str:
        """Why a column with many numbers is none."""
        if 2 * self.wrong >= len(self.filled):
            return ""
        text = show(str(self.cells[int(np.argmax(self.numbers.wrong))]))
        verb = "is no number" if self.wrong == 1 else "are no numbers"
        return f"{self.wrong:,} of {len(self.filled):,} cells {verb}: {text}"

    def tasks(self, *, asked: bool) -> Iterator[tuple[Task, str | None]]:
        """What predicting it could be, the likeliest first.

        Args:
            asked: whether a person named it: then whatever is possible at all.
        """
        if not asked and (self.empty or self._reason()):
            return
        counts = self.filled.value_counts(sort=True)
        values, rows = counts.to_series(0).to_list(), counts.to_series(1).to_list()
        if len(values) == 2:
            known = next((v for v in values if v.lower() in POSITIVE), None)
            yield "binary_classification", known or values[-1]
            return
        numbers = not self.wrong
        whole = all("." not in v and "," not in v and "e" not in v.lower() for v in values)
        enough = asked or (len(values) <= _FEW and min(rows, default=0) >= _FEWEST_OF_A_CLASS)
        if not numbers and enough:
            yield "multiclass_classification", None
        elif numbers and whole and len(values) <= _FEW:
            if min(rows) >= _FEWEST_OF_A_CLASS:
                yield "multiclass_classification", None
            yield "regression", None
        elif numbers:
            yield "regression", None

    def says(self, other: _Column) -> bool:
        """Whether each of its values stands for one of the other's, and the other way round."""
        if self.empty or other.empty or self.distinct != other.distinct:
            return False
        if 2 * self.distinct > len(self.cells):  # almost any two columns would
            return bool((self.cells == other.cells).all())
        together = pl.DataFrame({"one": self.cells, "other": other.cells}).unique()
        return bool(together.height == self.distinct)
