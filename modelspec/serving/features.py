"""One feature each: what its raw cells may be, and which columns they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Spec = Mapping[str, Any]
Values = Sequence[str]

# A standardized number further out than this is refused: it would only saturate or overflow
# the network's float32 arithmetic, and an answer to it would mean nothing.
FARTHEST = 1e15

NUMBERS = frozenset((float, int))  # a bool is an int, but not of type int
WORDS = frozenset((str, type(None)))


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


class Number:
    """A number feature: one column, (x - mean) / scale in float64."""

    unseen = False

    def __init__(self, spec: Spec, position: int, start: int) -> None:
        self.name: str = spec["name"]
        self.position, self.start, self.width = position, start, 1
        self.fill: float | None = spec.get("fill")
        self.optional = self.fill is not None
        self.low: float | None = spec.get("min")
        self.high: float | None = spec.get("max")
        self.mean, self.scale = float(spec["mean"]), float(spec["scale"])
        self.bounded = self.low is not None or self.high is not None

    @property
    def filled(self) -> float:
        """What a missing cell is standardized to; its mean if it has no fill."""
        return ((self.mean if self.fill is None else self.fill) - self.mean) / self.scale

    def standardize(
        self, x: NDArray[np.float64], missing: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """The column of raw numbers `x` (n,), with every check and with missing cells filled.

        Raises:
            InvalidInstance: of the first cell that is missing without a fill, out of range,
                or too far out.
        """
        if missing.any():
            if self.fill is None:
                raise InvalidInstance(int(np.argmax(missing)), self.name, "is missing")
            x = np.where(missing, self.fill, x)
        outside = self.outside(x) & ~missing
        if outside.any():
            raise InvalidInstance(int(np.argmax(outside)), self.name, self.range())
        with np.errstate(over="ignore", invalid="ignore"):
            z: NDArray[np.float64] = (x - self.mean) / self.scale
            far = ~(np.abs(z) <= FARTHEST)
        if far.any():
            raise InvalidInstance(int(np.argmax(far)), self.name, "is too large or too small")
        return z

    def outside(self, x: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Where a number is not within `min` and `max`; NaN is not outside."""
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        return (x < low) | (x > high)

    def range(self) -> str:
        """What `min` and `max` ask for, in words."""
        if self.low is None:
            return f"must be at most {self.high!r}"
        if self.high is None:
            return f"must be at least {self.low!r}"
        return f"must be between {self.low!r} and {self.high!r}"

    def read(self, index: int, cell: Any) -> float:
        """The number in a cell that is not missing.

        Raises:
            InvalidInstance: it is not a finite number that float64 can hold.
        """
        if type(cell) not in NUMBERS:
            raise InvalidInstance(index, self.name, f"must be a number, not {_kind(cell)}")
        try:
            x = float(cell)
        except OverflowError:
            raise InvalidInstance(index, self.name, "is too large or too small") from None
        if x - x != 0:  # only NaN and the infinities
            raise InvalidInstance(index, self.name, "must be a finite number")
        return x


class Category:
    """A category feature: one-hot.

    `table` maps the cells that are known to their columns; `find` knows the rest.

    Attributes:
        optional: whether a cell may be missing.
        unseen: whether a cell may be a text that has no column.
    """

    def __init__(self, spec: Spec, position: int, start: int) -> None:
        self.name: str = spec["name"]
        self.position, self.start = position, start
        values: Values = spec["values"]
        self._buckets: int = spec.get("hash") or 0
        self.width = self._buckets or len(values)
        self.table: dict[str | None, int] = {v: start + i for i, v in enumerate(values)}
        missing = spec.get("missing", "error")
        self.unseen, self.optional = not self._buckets, missing != "error"
        self.has_own_column = missing == "own_category"
        if self.has_own_column:
            self.table[None] = start + self.width
            self.width += 1
        self.fill_column: int | None = None
        if missing == "fill":
            fill = spec["fill"]
            self.fill_column = self.table[fill] if fill in self.table else self.find(0, fill)

    def find(self, index: int, cell: Any) -> int:
        """The column of a cell that is not in the table; -1 for a value not seen before.

        Nothing is remembered: what was hashed may be personal.

        Raises:
            InvalidInstance: it is missing without a fill, or no text.
        """
        if cell is None:
            if self.fill_column is None:
                raise InvalidInstance(index, self.name, "is missing")
            return self.fill_column
        if type(cell) is not str:
            raise InvalidInstance(index, self.name, f"must be a text, not {_kind(cell)}")
        return self.start + bucket(cell, self._buckets) if self._buckets else -1


def bucket(text: str, buckets: int) -> int:
    """Which of so many columns a text is in; the same on every machine, for ever.

    BLAKE2b (RFC 7693) of the text in UTF-8, with a digest of 8 bytes and no key, read as a
    big-endian integer, modulo `buckets`.
    """
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % buckets


def _kind(cell: Any) -> str:
    kinds = {bool: "a boolean", str: "a text", list: "a list", dict: "an object"}
    return kinds.get(type(cell), "a number" if type(cell) in NUMBERS else "something else")
