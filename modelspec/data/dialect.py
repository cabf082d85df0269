"""How a CSV file is written, guessed from what stands in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal, get_args

import polars as pl

from modelspec.data.layout import read_layout
from modelspec.data.numbers import ABSENT, read_numbers
from modelspec.data.table import SEPARATORS, Table, read_table
from modelspec.diagnostics import InputError
from modelspec.spec.data import Csv

Separator = Literal["comma", "semicolon", "tab", "pipe"]

_COMMA_NUMBER = r"^[+-]?[0-9]+,[0-9]+$"
_POINT_NUMBER = r"^[+-]?[0-9]*\.[0-9]+$"


def guess(content: bytes, file: str) -> tuple[Table, Csv]:
    """A CSV file as a table, and how it was read.

    Args:
        content: its bytes.
        file: its name, for messages.

    Raises:
        InputError: what keeps it from being a table, whatever stands between its fields.
    """
    separator = _separator(content, file)
    table = read_table(content, file, Csv(separator=separator))
    decimal = "point" if separator == "comma" else _decimal(table)
    csv = Csv(separator=separator, decimal=decimal, missing=_missing(table, decimal))
    return read_table(content, file, csv), csv


def _separator(content: bytes, file: str) -> Separator:
    """What gives most columns and no row of another width."""
    best: tuple[int, Separator] = (1, "comma")
    for name in get_args(Separator):
        try:
            layout = read_layout(content, file, SEPARATORS[name])
        except InputError:
            continue
        width = int(layout.fields[0])
        if width > best[0] and not (layout.fields != width).any():
            best = width, name
    return best[1]


def _decimal(table: Table) -> Literal["point", "comma"]:
    """A comma, if numbers are written with it, and none with a point."""
    commas = points = 0
    for name in table.names:
        cells = table.cells(name)
        commas += int(cells.str.contains(_COMMA_NUMBER).sum())
        points += int(cells.str.contains(_POINT_NUMBER).sum())
    return "comma" if commas > points else "point"


def _missing(table: Table, decimal: str) -> tuple[str, ...]:
    """Texts for no value that stand among numbers. Elsewhere they could be what they say: NA."""
    found: Counter[str] = Counter()
    for name in table.names:
        cells = table.cells(name)
        numbers = read_numbers(cells, "," if decimal == "comma" else ".")
        wrong = cells.filter(pl.Series(numbers.wrong))
        if 2 * len(wrong) < int((~numbers.empty).sum()):
            found.update(_absent(wrong))
    return tuple(sorted(found))


def _absent(cells: pl.Series) -> Iterator[str]:
    yield from (text for text in cells.unique() if text.strip().lower() in {*ABSENT, ""})
