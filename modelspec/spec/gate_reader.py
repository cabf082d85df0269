"""Reads the text of a gate, one token after the other."""

from __future__ import annotations

import math
import re
from typing import NoReturn, cast

from modelspec.spec.gate_terms import (
    FLOOR,
    Comparator,
    ForClass,
    ForEach,
    ForValue,
    Gate,
    GateError,
    Model,
    Quantity,
    Reference,
    Slice,
    Unit,
)
from modelspec.spec.scalar import show

_LONGEST = 500
_UNITS = "%, ms, s, kB, MB, KiB, MiB"
_METRIC = re.compile(r"[a-z][a-z0-9_]*")
_COMPARATOR = re.compile(r">=|<=|>|<")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?(?![0-9.])")
_UNIT = re.compile(r"%|ms|s|kB|MB|KiB|MiB")
_REFERENCE = re.compile(r"(champion|baseline)(?!\w)")
_WORD = re.compile(r"\w[\w.-]*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\["\\])*"')
_SPACE = re.compile(r" +")
_SLICES = "for each COLUMN, for class NAME, or for COLUMN = VALUE"
_MISTAKEN = {
    "=>": ">=",
    "=<": "<=",
    "≥": ">=",
    "≤": "<=",
    "==": ">= or <=",
    "=": ">= or <=",
    "!=": ">= or <=",
}


class GateReader:
    """A cursor over the text of one gate."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def gate(self) -> tuple[Gate, dict[str, int]]:
        """The gate, and where each of its parts begins.

        Raises:
            GateError: what is wrong and at which character.
        """
        if len(self._text) > _LONGEST:
            self._fail(f"is longer than {_LONGEST} characters")
        starts = {"metric": 0}
        metric = self._take(_METRIC) or self._fail(
            "must begin with the name of a metric", "write it like roc_auc >= 0.80"
        )
        starts["comparator"] = self._space(f"a space and a comparator after {metric}")
        comparator = self._comparator()
        starts["bound"] = self._space(f"a space and a bound after {comparator}")
        bound = self._bound()
        part: Slice | None = None
        floor = FLOOR
        if self._next(" +for "):
            starts["slice"] = self._space("a space")
            part = self._slice()
        if self._next(" +with "):
            starts["floor"] = self._space("a space")
            floor = self._floor()
        if self._at < len(self._text):
            self._leftover(part is not None, floor)
        return Gate(metric, comparator, bound, part, floor), starts

    def _comparator(self) -> Comparator:
        for wrong, right in _MISTAKEN.items():
            if self._text.startswith(wrong, self._at):
                self._fail(f"has {wrong}, which is not a comparator", f"write {right}")
        found = self._take(_COMPARATOR) or self._fail("needs one of >=, <=, >, < here")
        return cast("Comparator", found)

    def _bound(self) -> Quantity | Reference:
        if name := self._take(_REFERENCE):
            return self._reference(name)
        start = self._at
        quantity = self._quantity("a number, baseline or champion")
        if not self._next(r" *\*"):
            return quantity
        if quantity.unit:
            self._fail("can only multiply by a plain number", "write 0.9 * baseline", start)
        self._space("a space before *")
        self._take(re.compile(r"\*"))
        self._space("a space after *")
        name = self._take(_REFERENCE) or self._fail("needs baseline or champion after *")
        return Reference(cast("Model", name), quantity.number)

    def _reference(self, name: str) -> Reference:
        kind = cast("Model", name)
        if factor := re.compile(r" *\* *([0-9.]*)").match(self._text, self._at):
            self._fail("must have the factor first", f"write {factor[1] or '0.9'} * {name}")
        if not self._next(r" *[-+]"):
            return Reference(kind)
        self._space("a space before + or -")
        sign = self._take(re.compile(r"[-+]"))
        self._space(f"a space after {sign}")
        if self._next("-"):
            self._fail("must have a number without a sign here")
        found = self._quantity("a number")
        if not found.number:
            return Reference(kind)
        number = -found.number if sign == "-" else found.number
        return Reference(kind, 1.0, Quantity(number, found.unit))

    def _quantity(self, wanted: str) -> Quantity:
        start = self._at
        text = self._take(_NUMBER)
        if text is None:
            hint = "write 0 before the point" if self._next(r"-?\.[0-9]") else ""
            self._fail(f"needs {wanted} here", hint)
        number = float(text) + 0.0
        if not math.isfinite(number):
            self._fail("has a number that is too large", at=start)
        unit = self._take(_UNIT) or ""
        if self._next(r"[^\s*+-]"):
            self._fail(f"has an unknown unit after {text}", f"units are {_UNITS}")
        if apart := re.compile(r" +(%|ms|s|kB|MB|KiB|MiB)(?= |$)").match(self._text, self._at):
            message = "must have the unit right behind the number"
            self._fail(message, f"write {text}{apart[1]}")
        return Quantity(number, cast("Unit", unit))

    def _slice(self) -> Slice:
        self._take(re.compile("for"))
        self._space("a space")
        if not self._next(r"(\w[\w.-]*|\"(?:[^\"\\]|\\.)*\") +="):
            if self._next("each "):
                return self._each()
            if self._next("class "):
                self._take(re.compile("class"))
                self._space("a space")
                return ForClass(self._word("the name of a class"))
        column = self._word("a column")
        if not self._next(" +="):
            hint = f"write {_SLICES}"
            self._fail(f"needs = and a value after {show(column)}", hint)
        self._space("a space")
        self._take(re.compile("="))
        self._space("a space after =")
        return ForValue(column, self._word("a value"))

    def _each(self) -> ForEach:
        self._take(re.compile("each"))
        self._space("a space")
        columns = [self._word("a column")]
        while self._take(re.compile(",")):
            self._space("a space after the comma")
            start = self._at
            column = self._word("a column")
            if column in columns:
                self._fail(f"names {show(column)} twice", at=start)
            columns.append(column)
        return ForEach(tuple(columns))

    def _floor(self) -> int:
        for word in ("with", "at", "least"):
            self._take(re.compile(word)) or self._fail("needs `with at least N rows` here")
            self._space("a space")
        start = self._at
        digits = self._take(re.compile("[0-9]{1,9}(?![0-9])")) or self._fail(
            "needs a number of rows here"
        )
        if not int(digits):
            self._fail("must have a floor of at least 1 row", at=start)
        self._space("a space and `rows`")
        self._take(re.compile("rows")) or self._fail("needs the word rows here")
        return int(digits)

    def _word(self, wanted: str) -> str:
        start = self._at
        if (quoted := self._take(_QUOTED)) is not None:
            word = re.sub(r"\\(.)", r"\1", quoted[1:-1])
            if not word or not word.isprintable():
                self._fail("has an empty or unprintable text in quotes", at=start)
            return word
        if self._next("['\"]"):
            self._fail("has a quoted text that is not closed", 'write it in double quotes: "a b"')
        return self._take(_WORD) or self._fail(f"needs {wanted} here")

    def _leftover(self, sliced: bool, floor: int) -> NoReturn:  # noqa: FBT001
        self._take(_SPACE)
        rest = show(self._text[self._at :])
        hint = "" if sliced or floor != FLOOR else f"a slice is written {_SLICES}"
        if self._next("(and|or|&&|,|;)"):
            hint = "write one gate a line; all of them must hold"
        self._fail(f"goes on after its end with {rest}", hint)

    def _space(self, wanted: str) -> int:
        """Passes over spaces, and answers where the next token begins."""
        if self._take(_SPACE) is None:
            self._fail(f"needs {wanted}")
        return self._at

    def _next(self, pattern: str) -> bool:
        return re.compile(pattern).match(self._text, self._at) is not None

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found[0]

    def _fail(self, message: str, hint: str = "", at: int | None = None) -> NoReturn:
        raise GateError(message, hint, self._at if at is None else at)
