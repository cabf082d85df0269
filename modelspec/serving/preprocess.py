"""Raw cells to the float32 matrix that a network takes: the same code in training and serving.

A number becomes one column, (x - mean) / scale in float64, then float32. A category becomes
one column for each of its values (one-hot), or so many that texts are hashed into, and one more
if missing cells have a column of their own; a value that is not listed encodes as zeros.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .features import FARTHEST, NUMBERS, WORDS, Category, InvalidInstance, Number

__all__ = ["Floats", "InvalidInstance", "Preprocessor", "Row"]

Row = list[Any] | tuple[Any, ...] | dict[str, Any]
Cells = Sequence[Any]
Columns = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float32]
Getter = Callable[[Any], Cells]

# Raw numbers whose squares add up to less than this cannot overflow on their way through
# (x - mean) / scale, so the quick path needs no guard against floating-point warnings.
_SAFE = 1e100
_SAFE_SQUARES = _SAFE * _SAFE
# Up to so many numbers of one row, plain floats cost less than NumPy's calls do.
_PLAIN_NUMBERS = 10
# What is standardized to less than this is not too far out, whatever a sum was rounded to.
_NEAR = FARTHEST / 2
_LONGEST_NAME = 64


class Preprocessor:
    """Encodes rows or columns of raw cells; `rows` and `columns` agree to the bit.

    Args:
        features: the features of the serving contract, in column order.

    Attributes:
        names: of the features, in the order in which a row lists them.
        features: in the same order.
        width: columns of the encoded matrix.
    """

    def __init__(self, features: Sequence[Mapping[str, Any]]) -> None:
        self.names: tuple[str, ...] = tuple(f["name"] for f in features)
        self.features: list[Number | Category] = []
        self.width = 0
        for position, spec in enumerate(features):
            kind = Number if spec["type"] == "number" else Category
            self.features.append(kind(spec, position, self.width))
            self.width += self.features[-1].width
        self._numbers = [f for f in self.features if isinstance(f, Number)]
        self._categories = [f for f in self.features if isinstance(f, Category)]
        self._compile()

    def _compile(self) -> None:
        """Works out all about the features that `rows` would otherwise do for each row."""
        numbers = self._numbers
        self._expected = len(self.names)
        self._by_name = _getter(self.names)
        self._pick_numbers = _getter([n.position for n in numbers])
        self._means = np.array([n.mean for n in numbers], np.float64)
        self._scales = np.array([n.scale for n in numbers], np.float64)
        self._pack = struct.Struct(f"{len(numbers)}d").pack
        self._scaling = [(n.mean, n.scale) for n in numbers]
        self._fills = [n.fill for n in numbers]
        self._bounded = [
            (i, -math.inf if n.low is None else n.low, math.inf if n.high is None else n.high)
            for i, n in enumerate(numbers)
            if n.bounded
        ]
        starts = [n.start for n in numbers]
        run = slice(starts[0], starts[0] + len(starts)) if starts else slice(0, 0)
        # A slice is several times quicker than a list of columns, and nearly always possible.
        self._number_columns = run if starts == list(range(run.start, run.stop)) else starts
        self._tables = [(c.position, c.table) for c in self._categories]

    def rows(self, instances: Sequence[Row], imputed: list[int] | None = None) -> Floats:
        """Encodes rows as a request brings them.

        Args:
            instances: each a list of cells in the order of `names`, or a dict by name. A cell
                is a number, a text, or None where it is missing; a dict may leave it out.
            imputed: gets the position of the feature of each cell that was missing and filled.

        Returns:
            float32 (len(instances), width).

        Raises:
            InvalidInstance: of a row that cannot be answered.
        """
        if not instances:
            return np.empty((0, self.width), np.float32)
        expected = self._expected
        rows: list[Cells] = [
            row if not isinstance(row, dict) and len(row) == expected else self._ordered(index, row)
            for index, row in enumerate(instances)
        ]
        imputed = [] if imputed is None else imputed
        if not self._categories:
            return self._standardized(rows, imputed)
        encoded = np.zeros((len(rows), self.width), np.float32)
        if self._numbers:
            pick = self._pick_numbers
            numbers = self._standardized([pick(row) for row in rows], imputed)
            encoded[:, self._number_columns] = numbers
        encoded.put(self._hot(rows, imputed), 1.0)
        return encoded

    def columns(self, columns: Columns) -> Floats:
        """Encodes whole columns, as training has them.

        Args:
            columns: by feature name, all of one length n. Numbers are float64 with NaN where
                a cell is missing, categories arrays of str or None.

        Returns:
            float32 (n, width).

        Raises:
            InvalidInstance: of a cell that serving would refuse as well.
        """
        count = len(columns[self.names[0]]) if self.names else 0
        encoded = np.zeros((count, self.width), np.float32)
        for number in self._numbers:
            x = np.asarray(columns[number.name], np.float64)
            encoded[:, number.start] = number.standardize(x, np.isnan(x))
        for category in self._categories:
            cells = columns[category.name]
            lookup = category.table.get
            hot = np.fromiter((lookup(cell, -2) for cell in cells), np.int64, count)
            for index in np.flatnonzero(hot == -2):
                hot[index] = category.find(int(index), cells[index])
            known = np.flatnonzero(hot >= 0)
            encoded[known, hot[known]] = 1.0
        return encoded

    def _ordered(self, index: int, row: Row) -> Cells:
        """The cells of a row that is not simply a list of the right length."""
        if not isinstance(row, dict):
            raise InvalidInstance(
                index, None, f"has {len(row)} values where {self._expected} are expected"
            )
        if len(row) == self._expected:
            try:
                return self._by_name(row)
            except KeyError:
                pass  # some name is not one of ours: it is named below
        for name in row:
            if name not in self.names:
                raise InvalidInstance(index, name[:_LONGEST_NAME], "is not a feature of the model")
        return [row.get(name) for name in self.names]

    def _standardized(self, cells: Sequence[Cells], imputed: list[int]) -> Floats:
        """The number columns (n, numbers); `cells` holds only those of each row.

        Nearly every request leaves by one of the quick ways. Otherwise every cell is looked
        at by itself, which finds the one at fault or comes to the same numbers.
        """
        z = self._quickly(cells)
        if z is not None:
            return z
        if not any(fill is None for fill in self._fills):
            fills = self._fills
            filled = [
                [fill if cell is None else cell for cell, fill in zip(row, fills, strict=True)]
                for row in cells
            ]
            z = self._quickly(filled)
        z = self._carefully(cells) if z is None else z
        for i, number in enumerate(self._numbers):
            imputed += [number.position] * sum(row[i] is None for row in cells)
        return z

    def _quickly(self, cells: Sequence[Cells]) -> Floats | None:
        """The numbers standardized, or None unless there is clearly nothing wrong with any."""
        try:
            return self._row(cells[0]) if len(cells) == 1 else self._block(cells)
        except OverflowError:  # an integer that float64 cannot hold
            return None

    def _row(self, row: Cells) -> Floats | None:
        """One row."""
        if not NUMBERS.issuperset(map(type, row)):
            return None
        for i, low, high in self._bounded:
            if not low <= row[i] <= high:
                return None
        # One call bounds them all; NaN and infinity do not pass the comparison either.
        if len(row) > _PLAIN_NUMBERS:
            return self._wide(row) if math.hypot(*row) <= _SAFE else None
        z = [(x - mean) / scale for x, (mean, scale) in zip(row, self._scaling, strict=True)]
        return np.array([z], np.float32) if math.hypot(*z) <= _NEAR else None

    def _wide(self, row: Cells) -> Floats | None:
        """One row of many numbers; `struct` makes an array of them in half of NumPy's time."""
        z: NDArray[np.float64] = np.frombuffer(self._pack(*row)) - self._means
        z /= self._scales
        return z.astype(np.float32)[np.newaxis] if np.vdot(z, z) <= _NEAR * _NEAR else None

    def _block(self, rows: Sequence[Cells]) -> Floats | None:
        """Many rows."""
        if not NUMBERS.issuperset(map(type, chain.from_iterable(rows))):
            return None
        x = np.array(rows, np.float64)
        # The sum of squares bounds them all at once, and `vdot` never warns of an overflow.
        if not np.vdot(x, x) <= _SAFE_SQUARES:
            return None
        for i, low, high in self._bounded:
            if x[:, i].min() < low or x[:, i].max() > high:
                return None
        x -= self._means
        x /= self._scales
        return x.astype(np.float32) if np.vdot(x, x) <= _NEAR * _NEAR else None

    def _carefully(self, cells: Sequence[Cells]) -> Floats:
        x = np.empty((len(cells), len(self._numbers)), np.float64)
        missing = np.zeros(x.shape, np.bool_)
        for index, row in enumerate(cells):
            for i, cell in enumerate(row):
                missing[index, i] = cell is None
                x[index, i] = np.nan if cell is None else self._numbers[i].read(index, cell)
        for i, number in enumerate(self._numbers):
            x[:, i] = number.standardize(x[:, i], missing[:, i])
        return x.astype(np.float32)

    def _hot(self, rows: Sequence[Cells], imputed: list[int]) -> list[int]:
        """Flat positions in the encoded matrix that are 1."""
        hot = []
        base = 0
        for index, row in enumerate(rows):
            for i, (position, table) in enumerate(self._tables):
                cell = row[position]
                # The type comes first: a list cannot even be looked up.
                column = table.get(cell) if type(cell) in WORDS else None
                if column is None:
                    column = self._categories[i].find(index, cell)
                    if cell is None:
                        imputed.append(position)
                if column >= 0:
                    hot.append(base + column)
            base += self.width
        return hot


def _getter(keys: Sequence[Any]) -> Getter:
    """`itemgetter`, but always of a sequence, also for one key or none."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda row: [row[key] for key in keys]
