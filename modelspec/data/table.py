"""A CSV file as a table of text, with the place of every cell."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from modelspec.data.layout import Layout, read_layout
from modelspec.data.numbers import Numbers, read_numbers
from modelspec.diagnostics import Diagnostic, InputError, Location
from modelspec.spec.data import Csv
from modelspec.spec.scalar import show

USUAL = Csv()
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
SHOWN = 5
"""How many places a message names before it only counts."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of text under the names of the header. An empty cell is an empty text.

    Attributes:
        names: of the columns, in the order of the file; `column 3` for one without a name.
        decimal: what stands before the decimals of a number.
        nameless: names that do not stand in the header.
    """

    names: tuple[str, ...]
    layout: Layout = field(repr=False)
    _frame: pl.DataFrame = field(repr=False)
    decimal: str = "."
    nameless: frozenset[str] = frozenset()

    @property
    def file(self) -> str:
        """The name of the file in messages."""
        return self.layout.file

    @property
    def rows(self) -> int:
        """How many rows there are, without the header."""
        return int(self._frame.height)

    def cells(self, name: str) -> pl.Series:
        """The texts of one column, in the order of the file."""
        return self._frame.to_series(self.names.index(name))

    def numbers(self, name: str) -> Numbers:
        """The cells of one column, read as numbers."""
        return read_numbers(self.cells(name), self.decimal)

    def line(self, row: int) -> int:
        """The line in which a row begins. Rows count from 0, lines from 1."""
        return int(self.layout.lines[row + 1])

    def at(self, row: int, name: str) -> Location:
        """Where a cell begins."""
        return self.layout.location(self.layout.field_at(row + 1, self.names.index(name)))

    def header(self, name: str) -> Location:
        """Where the name of a column stands."""
        return self.layout.location(self.layout.field_at(0, self.names.index(name)))

    def diagnostic(self, message: str, location: Location, hint: str = "") -> Diagnostic:
        """A problem at a place of this file, with the line as its excerpt."""
        return Diagnostic(message, location, hint, self.layout.excerpt(location))

    def near(self, name: str) -> str:
        """A hint for a column that is not there."""
        if self.names == (self.names[0],) and (";" in self.names[0] or "\t" in self.names[0]):
            mark = "semicolon" if ";" in self.names[0] else "tab"
            return f"{self.file} has one column; write data.csv: {{separator: {mark}}}"
        close = difflib.get_close_matches(name, self.names, 1)
        if not close:
            lower = {known.strip().lower(): known for known in self.names}
            close = [lower[name.strip().lower()]] if name.strip().lower() in lower else []
        if close:
            return f"did you mean {show(close[0])}?"
        return f"its columns are {listed(self.names)}"


def listed(names: Iterable[str], most: int = 10) -> str:
    """Names for a message, cut where there are many."""
    names = list(names)
    text = ", ".join(show(name) for name in names[:most])
    return text + (f" and {len(names) - most} more" if len(names) > most else "")


def read_table(content: bytes, file: str, csv: Csv = USUAL) -> Table:
    """Read a CSV file (UTF-8, double quotes, LF or CRLF, a header).

    Args:
        content: its bytes.
        file: its name, for messages.
        csv: how it is written.

    Raises:
        InputError: everything that keeps it from being a table, with its place.
    """
    separator = SEPARATORS[csv.separator]
    layout = read_layout(content, file, separator)
    _check_fields(layout)
    frame = pl.read_csv(
        layout.without_returns(),
        has_header=False,
        separator=separator,
        infer_schema=False,
        empty_string_is_null=False,
    )
    if frame.shape != (layout.starts.size, int(layout.fields[0])):
        raise RuntimeError(f"polars reads {file} as {frame.shape}, not as it was measured")
    names = tuple(
        str(name) if str(name).strip() else f"column {number}"
        for number, name in enumerate(frame.row(0), 1)
    )
    nameless = {n for n, text in zip(names, frame.row(0), strict=True) if not str(text).strip()}
    _check_names(layout, names)
    if frame.height == 1:
        raise InputError(
            Diagnostic(
                "the file has a header and no rows",
                Location(file, 1, 1),
                "each line behind the header is a row",
                layout.excerpt(Location(file, 1, 1)),
            )
        )
    rows = frame.slice(1)
    if csv.missing:
        rows = rows.with_columns(pl.all().replace([*csv.missing], ""))
    decimal = "," if csv.decimal == "comma" else "."
    return Table(names, layout, rows, decimal, frozenset(nameless))


def _check_fields(layout: Layout) -> None:
    """Every row must have as many fields as the header."""
    width = int(layout.fields[0])
    ragged = np.flatnonzero(layout.fields != width)
    if not ragged.size:
        return
    first = int(ragged[0])
    start, count = int(layout.starts[first]), int(layout.fields[first])
    if layout.content.startswith((b"\n", b"\r\n"), start):
        message, hint, offset = "the row is empty", "remove the line", start
    else:
        message = f"the row has {count} fields, the header has {width}"
        hint = (
            "put a field that holds a comma into quotes"
            if count > width
            else "an empty cell still needs its comma"
        )
        offset = layout.field_at(first, min(width, count - 1))
    if ragged.size > 1:
        lines = ", ".join(str(layout.lines[record]) for record in ragged[:SHOWN])
        more = ", ..." if ragged.size > SHOWN else ""
        message += f"; {ragged.size} rows differ from the header, in lines {lines}{more}"
    location = layout.location(offset)
    raise InputError(Diagnostic(message, location, hint, layout.excerpt(location)))


def _check_names(layout: Layout, names: tuple[str, ...]) -> None:
    """No two columns have the same name."""
    problems = []
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        earlier = first.setdefault(name, number)
        if earlier == number:
            continue
        message = f"columns {earlier + 1} and {number + 1} are both called {show(name)}"
        hint = "rename one of them, or remove it"
        location = layout.location(layout.field_at(0, number))
        problems.append(Diagnostic(message, location, hint, layout.excerpt(location)))
    if problems:
        raise InputError(*problems)
