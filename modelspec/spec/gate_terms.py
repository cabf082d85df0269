"""What a gate says, as data, and its canonical spelling."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from modelspec.spec.scalar import Wrong

Unit = Literal["", "%", "ms", "s", "kB", "MB", "KiB", "MiB"]
Model = Literal["champion", "baseline"]
Comparator = Literal[">=", "<=", ">", "<"]

FLOOR = 30
"""Slices with fewer rows are not judged where a gate does not say otherwise."""

_BASE: dict[Unit, float] = {
    "": 1.0,
    "%": 0.01,
    "ms": 1.0,
    "s": 1000.0,
    "kB": 0.001,
    "MB": 1.0,
    "KiB": 0.001024,
    "MiB": 1.048576,
}
_BARE = re.compile(r"\w[\w.-]*")


class GateError(Wrong):
    """A gate that cannot be read; `offset` is the character where it goes wrong, from 0."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, as written."""

    number: float
    unit: Unit = ""

    @property
    def value(self) -> float:
        """In base units: shares as fractions, times in milliseconds, sizes in MB."""
        return self.number * _BASE[self.unit]

    def __str__(self) -> str:
        return f"{number_text(self.number)}{self.unit}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A bound taken from another model: `factor * name + offset`."""

    name: Model
    factor: float = 1.0
    offset: Quantity = Quantity(0.0)

    def __str__(self) -> str:
        if self.factor != 1.0:
            return f"{number_text(self.factor)} * {self.name}"
        if self.offset.number:
            sign = "-" if self.offset.number < 0 else "+"
            size = Quantity(abs(self.offset.number), self.offset.unit)
            return f"{self.name} {sign} {size}"
        return self.name


@dataclass(frozen=True, slots=True)
class ForEach:
    """Every combination of the values of these columns."""

    columns: tuple[str, ...]

    def __str__(self) -> str:
        return "for each " + ", ".join(map(word_text, self.columns))


@dataclass(frozen=True, slots=True)
class ForClass:
    """One class against the rest."""

    name: str

    def __str__(self) -> str:
        return f"for class {word_text(self.name)}"


@dataclass(frozen=True, slots=True)
class ForValue:
    """The rows in which the column has this value."""

    column: str
    value: str

    def __str__(self) -> str:
        return f"for {word_text(self.column)} = {word_text(self.value)}"


Slice = ForEach | ForClass | ForValue


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition that a model must meet before it is released.

    Attributes:
        floor: slices with fewer rows are not judged.
    """

    metric: str
    comparator: Comparator
    bound: Quantity | Reference
    slice: Slice | None = None
    floor: int = FLOOR

    @property
    def text(self) -> str:
        """The gate in its canonical spelling; `parse_gate` reads it back."""
        words = [self.metric, self.comparator, str(self.bound)]
        if self.slice:
            words.append(str(self.slice))
        if self.floor != FLOOR:
            words.append(f"with at least {self.floor} rows")
        return " ".join(words)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns by whose values rows are divided."""
        if isinstance(self.slice, ForEach):
            return self.slice.columns
        return (self.slice.column,) if isinstance(self.slice, ForValue) else ()

    def __str__(self) -> str:
        return self.text


def number_text(number: float) -> str:
    """The shortest spelling that the grammar reads back to the same number."""
    return repr(number).removesuffix(".0").replace("e+", "e")


def word_text(word: str) -> str:
    """A column or class as a gate spells it: bare where it can be, else in double quotes."""
    if _BARE.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
