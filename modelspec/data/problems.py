"""Problems are gathered, so that all of them are reported at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelspec.data.table import SHOWN, Table
from modelspec.diagnostics import Diagnostic, InputError, in_order
from modelspec.spec.gate import offsets
from modelspec.spec.places import Path, Places


class Problems:
    """What is wrong with a table or with what the spec says about it."""

    def __init__(self, table: Table, places: Places | None) -> None:
        self._table = table
        self._places = places
        self._errors: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []

    def in_spec(self, path: Path, message: str, hint: str = "") -> None:
        """Something the spec says at `path` does not fit the data."""
        self._errors.append(self._at(path, message, hint))

    def warn(self, path: Path, message: str, hint: str = "") -> None:
        """Something to know, that stops nothing."""
        found = self._at(path, message, hint)
        self.warnings.append(
            Diagnostic(found.message, found.location, found.hint, found.excerpt, "warning")
        )

    def in_gate(self, number: int, message: str, hint: str = "") -> None:
        """The slice of a gate does not fit the data; gates count from 0."""
        path: Path = ("evaluate", "gates", number)
        node = None if self._places is None else self._places.find(path)
        if self._places is None or node is None:
            self.in_spec(path, message, hint)
            return
        location = self._places.within(path, offsets(str(node.value))[1].get("slice", 0))
        self._errors.append(self._places.diagnostic(message, location, hint))

    def in_cells(self, name: str, wrong: ArrayLike, message: str, hint: str = "") -> None:
        """Some cells of a column are wrong: one problem, at the first, with the others counted.

        Args:
            name: of the column.
            wrong: shape (rows,), true where a cell is wrong; nothing happens where none is.
            message: about the first of them.
            hint: what to write instead.
        """
        rows = np.flatnonzero(np.asarray(wrong))
        if not rows.size:
            return
        if rows.size > 1:
            lines = ", ".join(str(self._table.line(int(row))) for row in rows[:SHOWN])
            more = ", ..." if rows.size > SHOWN else ""
            message += f"; {rows.size} such cells, in lines {lines}{more}"
        location = self._table.at(int(rows[0]), name)
        self._errors.append(self._table.diagnostic(message, location, hint))

    def in_header(self, name: str, message: str, hint: str = "") -> None:
        """A whole column is wrong."""
        location = self._table.header(name)
        self._errors.append(self._table.diagnostic(message, location, hint))

    def stop(self) -> None:
        """Raise what was found so far, if anything was.

        Raises:
            InputError: with every problem, in the order of the files.
        """
        if self._errors:
            raise InputError(*in_order(self._errors))

    def _at(self, path: Path, message: str, hint: str) -> Diagnostic:
        if self._places is None:
            return Diagnostic(message, None, hint)
        by_key = path[:2] == ("data", "features") or self._places.find(path[:2]) is None
        location = self._places.key(path) if by_key else self._places.value(path)
        return self._places.diagnostic(message, location, hint)
