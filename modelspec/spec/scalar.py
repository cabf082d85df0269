"""Scalars as the user wrote them, and how the schema reads them (YAML 1.2, core schema)."""

from __future__ import annotations

import math
import re
from typing import Any

_INTEGER = re.compile(r"[-+]?[0-9]+")
_PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TRUTH = {
    text: word == "true"
    for word in ("true", "false")
    for text in (word, word.title(), word.upper())
}
_TRUTH_1_1 = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_LONGEST_HINT = 1000  # hints quote what was written
_LONGEST = 100  # characters of a number; keeps int() away from its limit of 4300 digits


class Plain(str):
    """A scalar written without quotes: the schema decides whether it is text or a number."""

    __slots__ = ()


class Wrong(ValueError):
    """A value that cannot stand where it does.

    Attributes:
        message: a predicate that follows the key's name, such as `must be a whole number`.
        hint: what to write instead; empty where there is nothing, or more than anyone reads.
        offset: the character of the value, counted from 0, at which it goes wrong.
        secret: whether the value may hold a secret, so that no message may show it.
    """

    def __init__(
        self, message: str, hint: str = "", offset: int = 0, *, secret: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint if len(hint) <= _LONGEST_HINT else ""
        self.offset = offset
        self.secret = secret


def show(value: object, longest: int = 40) -> str:
    """A value for a message: in backticks, on one line, cut where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    text = "".join(c if c.isprintable() else "?" for c in text[: longest + 1])
    return f"`{text[:longest]}...`" if len(text) > longest else f"`{text}`"


def as_number(text: str) -> float | int | None:
    """The number that a plain scalar stands for; None where it is not a finite number."""
    if len(text) > _LONGEST:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _PREFIXED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        found = float(text)
        return found if math.isfinite(found) else None
    return None


def number(value: Any) -> Any:
    """A finite number; raises `Wrong`. Text in quotes is not one."""
    if isinstance(value, Plain):
        found = as_number(value)
        if found is not None:
            return float(found) + 0.0  # -0.0 and 0.0 are one value and get one spelling
        raise _not_a_number(value, "a number")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _not_a_number(value, "a number")
    return value


def integer(value: Any) -> Any:
    """A whole number; raises `Wrong`. Text in quotes is not one."""
    if isinstance(value, Plain):
        found = as_number(value)
        if isinstance(found, int):
            return found
        if isinstance(found, float):
            hint = f"write {int(found)}" if found.is_integer() and abs(found) < 1e15 else ""
            raise Wrong(f"must be a whole number, not {show(value)}", hint)
        raise _not_a_number(value, "a whole number")
    if isinstance(value, bool) or not isinstance(value, int):
        raise _not_a_number(value, "a whole number")
    return value


def _not_a_number(value: Any, wanted: str) -> Wrong:
    if not isinstance(value, str):
        return Wrong(f"must be {wanted}, not {show(value)}")
    if not isinstance(value, Plain) and as_number(value) is not None:
        return Wrong(f"must be {wanted}, and quotes make it text", f"write {value} without quotes")
    if _NOT_FINITE.fullmatch(value):
        return Wrong(f"must be a finite number, not {show(value)}")
    if len(value) > _LONGEST or _FLOAT.fullmatch(value):
        return Wrong(f"is too large or too long for a number: {show(value)}")
    hint = ""
    if re.fullmatch(r"[-+]?\d[\d_]*(\.\d+)?", value, re.ASCII) and "_" in value:
        hint = f"write {value.replace('_', '')}"
    elif re.fullmatch(r"[-+]?\d+,\d+", value, re.ASCII):
        hint = f"write {value.replace(',', '.')}, with a decimal point"
    return Wrong(f"must be {wanted}, not {show(value)}", hint)


def boolean(value: Any) -> Any:
    """`true` or `false`, without quotes; raises `Wrong`. Other words of YAML 1.1 are text."""
    if isinstance(value, Plain) and value in _TRUTH:
        return _TRUTH[value]
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and not isinstance(value, Plain) and value in _TRUTH:
        hint = f"write {value} without quotes"
        raise Wrong("must be true or false, and quotes make it text", hint)
    word = _TRUTH_1_1.get(value.lower()) if isinstance(value, str) else None
    raise Wrong(f"must be true or false, not {show(value)}", f"write {word}" if word else "")


def number_or(value: Any, words: tuple[str, ...]) -> str | float:
    """A number, or one of a few words, whichever the value is.

    Raises:
        Wrong: if it is neither.
    """
    if isinstance(value, str) and value in words:
        return str(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, Plain) and (found := as_number(value)) is not None:
        return float(found) + 0.0
    if isinstance(value, str) and as_number(value) is not None:
        raise _not_a_number(value, "a number")
    raise Wrong(f"must be {', '.join(words)} or a number, not {show(value)}")
