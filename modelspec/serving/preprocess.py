"""Raw cells to the float32 matrix that a network takes: the same code in training and serving.

A number becomes one column, (x - mean) / scale in float64, then float32. A category becomes
one column for each of its values (one-hot), and one more if missing cells have a column of
their own; a value that is not listed encodes as zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = list[Any] | tuple[Any, ...] | dict[str, Any]
Floats = NDArray[np.float32]

# A standardized number further out than this is refused: it would only saturate or overflow
# the network's float32 arithmetic, and an answer to it would mean nothing.
FARTHEST = 1e15
# Raw numbers whose squares add up to less than this cannot overflow on their way through
# (x - mean) / scale, so the quick path needs no guard against floating-point warnings.
_SAFE_SQUARES = 1e200

_NUMBERS = frozenset((float, int))
_WORDS = frozenset((str, type(None)))


class InvalidInstance(ValueError):
    """A row that cannot be answered.

    Attributes:
        index: which instance, counted from 0.
        feature: the name of the feature at fault, or None if the whole row is.
        message: what is wrong with it; never contains the cell's content.
    """

    def __init__(self, index: int, feature: str | None, message: str) -> None:
        self.index, self.feature, self.message = index, feature, message
        super().__init__(f"instance {index}: {f'{feature}: ' if feature else ''}{message}")


class _Number:
    """How one number feature is encoded."""

    def __init__(self, spec: Mapping[str, Any], position: int, start: int) -> None:
        self.name: str = spec["name"]
        self.position, self.start, self.width = position, start, 1
        self.fill: float | None = spec.get("fill")
        self.low: float | None = spec.get("min")
        self.high: float | None = spec.get("max")
        self.mean, self.scale = float(spec["mean"]), float(spec["scale"])
        self.bounded = self.low is not None or self.high is not None

    def outside(self, x: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Where a number is not within `min` and `max`; NaN is not outside."""
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        return (x < low) | (x > high)

    def range(self) -> str:
        if self.low is None:
            return f"must be at most {self.high:g}"
        if self.high is None:
            return f"must be at least {self.low:g}"
        return f"must be between {self.low:g} and {self.high:g}"


class _Category:
    """How one category feature is encoded: `table` maps a cell to its column, -1 for none."""

    def __init__(self, spec: Mapping[str, Any], position: int, start: int) -> None:
        self.name: str = spec["name"]
        self.position, self.start = position, start
        values: Sequence[str] = spec["values"]
        self.width = len(values)
        self.table: dict[Any, int] = {value: start + i for i, value in enumerate(values)}
        missing = spec.get("missing", "error")
        if missing == "own_category":
            self.table[None] = start + self.width
            self.width += 1
        elif missing == "fill":
            self.table[None] = self.table.get(spec["fill"], -1)


class Preprocessor:
    """Encodes rows or columns of raw cells; `rows` and `columns` agree to the bit.

    Args:
        features: the features of the serving contract, in column order.

    Attributes:
        names: of the features, in the order in which a row lists them.
        width: columns of the encoded matrix.
    """

    def __init__(self, features: Sequence[Mapping[str, Any]]) -> None:
        self.names: tuple[str, ...] = tuple(f["name"] for f in features)
        self._numbers: list[_Number] = []
        self._categories: list[_Category] = []
        start = 0
        for position, spec in enumerate(features):
            if spec["type"] == "number":
                number = _Number(spec, position, start)
                self._numbers.append(number)
                start += number.width
            else:
                category = _Category(spec, position, start)
                self._categories.append(category)
                start += category.width
        self.width: int = start
        self._compile()

    def _compile(self) -> None:
        """Everything about the features that `rows` would otherwise work out for each row."""
        numbers = self._numbers
        positions = [n.position for n in numbers]
        self._expected = len(self.names)
        self._known = frozenset(self.names)
        self._by_name = _getter(self.names)
        self._only_numbers = bool(numbers) and not self._categories
        self._pick_numbers = _getter(positions)
        self._means = np.array([n.mean for n in numbers], np.float64)
        self._scales = np.array([n.scale for n in numbers], np.float64)
        self._fills = [n.fill for n in numbers]
        self._bounded = [(i, n) for i, n in enumerate(numbers) if n.bounded]
        starts = [n.start for n in numbers]
        in_one_run = starts == list(range(starts[0], starts[0] + len(starts))) if starts else False
        self._number_columns: slice | list[int] = (
            slice(starts[0], starts[0] + len(starts)) if in_one_run else starts
        )
        self._tables = [(c.position, c.table) for c in self._categories]

    def rows(self, instances: Sequence[Row]) -> Floats:
        """Encodes rows as a request brings them.

        Args:
            instances: each a list of cells in the order of `names`, or a dict by name. A cell
                is a number, a text, or None where it is missing; a dict may leave it out.

        Returns:
            float32 (len(instances), width).

        Raises:
            InvalidInstance: of the first row that cannot be answered.
        """
        expected = self._expected
        rows = [
            row if type(row) is not dict and len(row) == expected else self._ordered(index, row)
            for index, row in enumerate(instances)
        ]
        if self._only_numbers:
            return self._standardized(rows, rows).astype(np.float32)
        encoded = np.zeros((len(rows), self.width), np.float32)
        if self._numbers:
            pick = self._pick_numbers
            encoded[:, self._number_columns] = self._standardized(rows, [pick(r) for r in rows])
        encoded.put(self._hot(rows), 1.0)
        return encoded

    def columns(self, columns: Mapping[str, NDArray[Any]]) -> Floats:
        """Encodes whole columns, as training has them.

        Args:
            columns: by feature name, all of one length n. Numbers are float64 with NaN where
                a cell is missing, categories arrays of str or None.

        Returns:
            float32 (n, width).

        Raises:
            InvalidInstance: of the first cell found that serving would refuse as well.
        """
        rows = len(columns[self.names[0]]) if self.names else 0
        encoded = np.zeros((rows, self.width), np.float32)
        for number in self._numbers:
            x = np.asarray(columns[number.name], np.float64)
            encoded[:, number.start] = _standardize(number, x, np.isnan(x))
        for category in self._categories:
            lookup = category.table.get
            hot = np.fromiter((lookup(v, -1) for v in columns[category.name]), np.int64, rows)
            if None not in category.table:
                for index in np.flatnonzero(hot < 0):
                    if columns[category.name][index] is None:
                        raise InvalidInstance(int(index), category.name, "is missing")
            known = np.flatnonzero(hot >= 0)
            encoded[known, hot[known]] = 1.0
        return encoded

    def _ordered(self, index: int, row: Row) -> Sequence[Any]:
        """The cells of a row that is not simply a list of the right length."""
        if not isinstance(row, dict):
            raise InvalidInstance(
                index, None, f"has {len(row)} values where {self._expected} are expected"
            )
        if len(row) == self._expected:
            try:
                return self._by_name(row)
            except KeyError:
                pass  # some name is not ours: named below
        for name in row:
            if name not in self._known:
                raise InvalidInstance(index, _shortened(name), "is not a feature of this model")
        return [row.get(name) for name in self.names]

    def _standardized(self, rows: Sequence[Any], cells: Sequence[Any]) -> NDArray[np.float64]:
        """The number columns as float64 (n, numbers); `cells` holds only those of each row.

        Nearly every request takes the first way out. Whatever may be wrong or missing is
        looked at cell by cell afterwards, with the same result where the row is good.
        """
        if _NUMBERS.issuperset(map(type, chain.from_iterable(cells))):
            try:
                x = np.array(cells, np.float64)
            except OverflowError:
                return self._with_care(cells)
            if np.vdot(x, x) <= _SAFE_SQUARES and self._within(x):
                x -= self._means
                x /= self._scales
                if np.vdot(x, x) <= FARTHEST * FARTHEST:
                    return x
        return self._with_care(cells)

    def _within(self, x: NDArray[np.float64]) -> bool:
        if len(x) == 1:
            row = x[0]
            for i, number in self._bounded:
                value = row[i]
                if number.low is not None and value < number.low:
                    return False
                if number.high is not None and value > number.high:
                    return False
            return True
        return not any(number.outside(x[:, i]).any() for i, number in self._bounded)

    def _with_care(self, cells: Sequence[Sequence[Any]]) -> NDArray[np.float64]:
        x = np.empty((len(cells), len(self._numbers)), np.float64)
        missing = np.zeros(x.shape, np.bool_)
        for index, row in enumerate(cells):
            for i, cell in enumerate(row):
                if cell is None:
                    missing[index, i] = True
                    x[index, i] = np.nan
                else:
                    x[index, i] = _number(index, self._numbers[i].name, cell)
        for i, number in enumerate(self._numbers):
            x[:, i] = _standardize(number, x[:, i], missing[:, i])
        return x

    def _hot(self, rows: Sequence[Any]) -> list[int]:
        """Flat positions in the encoded matrix that are 1."""
        hot = []
        base = 0
        for index, row in enumerate(rows):
            for i, (position, table) in enumerate(self._tables):
                cell = row[position]
                # The type is looked at first, as not every cell can be looked up.
                column = table.get(cell) if type(cell) in _WORDS else None
                if column is None:
                    _check_word(index, self._categories[i].name, cell)
                elif column >= 0:
                    hot.append(base + column)
            base += self.width
        return hot


def _getter(keys: Sequence[Any]) -> Callable[[Any], Sequence[Any]]:
    """`itemgetter`, but always of a sequence, also for one key or none."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda row: [row[key] for key in keys]


def _standardize(
    number: _Number, x: NDArray[np.float64], missing: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """One number column, (x - mean) / scale, with missing cells filled; checks every cell."""
    if missing.any():
        if number.fill is None:
            raise InvalidInstance(int(np.argmax(missing)), number.name, "is missing")
        x = np.where(missing, number.fill, x)
    wrong = number.outside(x) & ~missing
    if wrong.any():
        raise InvalidInstance(int(np.argmax(wrong)), number.name, number.range())
    with np.errstate(over="ignore", invalid="ignore"):
        z = (x - number.mean) / number.scale
        far = ~(np.abs(z) <= FARTHEST)
    if far.any():
        raise InvalidInstance(int(np.argmax(far)), number.name, "is too large or too small")
    return z


def _number(index: int, name: str, cell: Any) -> float:
    if type(cell) not in _NUMBERS:
        raise InvalidInstance(index, name, f"must be a number, not {_kind(cell)}")
    try:
        x = float(cell)
    except OverflowError:
        raise InvalidInstance(index, name, "is too large or too small") from None
    if x - x != 0:  # only NaN and the infinities
        raise InvalidInstance(index, name, "must be a finite number")
    return x


def _check_word(index: int, name: str, cell: Any) -> None:
    """Passes a text that is not among the values; refuses everything else."""
    if cell is None:
        raise InvalidInstance(index, name, "is missing")
    if type(cell) is not str:
        raise InvalidInstance(index, name, f"must be a text, not {_kind(cell)}")


def _kind(cell: Any) -> str:
    kinds = {bool: "a boolean", str: "a text", list: "a list", dict: "an object"}
    return kinds.get(type(cell), "a number" if type(cell) in _NUMBERS else "something else")


def _shortened(name: str, limit: int = 64) -> str:
    return name if len(name) <= limit else name[:limit] + "..."
