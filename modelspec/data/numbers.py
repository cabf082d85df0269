"""Numbers as cells may spell them: strictly, because a lenient reader changes data in silence."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modelspec.spec.scalar import show

LARGEST = float(np.finfo(np.float32).max)
"""Networks compute with float32, so numbers beyond it are refused (about 3.4e38)."""

_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
ABSENT = frozenset(("na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "?", "."))
"""What people write into cells for which they have no value, in lower case."""
_INFINITE = re.compile(r"[-+]?inf(inity)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column read as numbers.

    Attributes:
        values: shape (rows,): NaN where a cell is empty or wrong.
        empty: shape (rows,): true where a cell is empty.
        wrong: shape (rows,): true where a cell is not a number.
        large: shape (rows,): true where a number is beyond `LARGEST`.
    """

    values: NDArray[np.float64]
    empty: NDArray[np.bool_]
    wrong: NDArray[np.bool_]
    large: NDArray[np.bool_]


def read_numbers(cells: pl.Series, decimal: str = ".") -> Numbers:
    """Read cells: an optional sign, ASCII digits with an optional point, an optional exponent.

    Args:
        cells: texts.
        decimal: what stands for the point.
    """
    spelled = cells.str.contains(_NUMBER.replace(r"\.", re.escape(decimal)))
    texts = pl.select(pl.when(spelled).then(cells)).to_series()
    if decimal != ".":
        texts = texts.str.replace(decimal, ".", literal=True)
    values = texts.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    empty = (cells == "").to_numpy()
    large = np.abs(values) > LARGEST
    # Adding zero makes -0.0 and 0.0 one value.
    return Numbers(
        np.where(large, np.nan, values) + 0.0, empty, ~spelled.to_numpy() & ~empty, large
    )


def why_not(text: str, missing: str) -> str:
    """What to write instead of a cell that is not a number.

    Args:
        text: the cell.
        missing: how the spec says what becomes of an empty cell, for cells that mean one.
    """
    bare = text.strip().lower()
    if bare in ABSENT or not bare:
        written = json.dumps(text, ensure_ascii=False)
        return f"if it is missing, write data.csv: {{missing: [{written}]}}, and {missing}"
    if _INFINITE.fullmatch(bare):
        return "numbers must be finite"
    if re.fullmatch(r"[-+]?\d+,\d+", bare, re.ASCII):
        return f"write {bare.replace(',', '.')}, or data.csv: {{decimal: comma}}"
    for name, mark in (("_", "_"), (" ", "a space"), ("%", "%")):
        if name in text and re.fullmatch(_NUMBER, text.replace(name, "")):
            return f"write {text.replace(name, '')}, without {mark}"
    if not bare.isascii() and any(c.isdigit() for c in bare):
        return "write numbers with the digits 0 to 9"
    return f"write a number, or make the column a category; {show(text)} is text"
