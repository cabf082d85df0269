"""What a release's tag says: a paragraph for people, then the record as JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_NUMBER = r"(0|[1-9][0-9]{0,8})"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")
_REF = re.compile(rf"refs/tags/([a-z0-9][-a-z0-9]*)/v({_VERSION.pattern})")


class Version(NamedTuple):
    """MAJOR.MINOR.PATCH, ordered as numbers."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `1.4.0`.

        Raises:
            ValueError: if it is not three numbers without leading zeros.
        """
        match = _VERSION.fullmatch(text)
        if not match:
            raise ValueError(f"not a version: {text!r}")
        return cls(*(int(part) for part in match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def nearest(wanted: Version, known: Iterable[Version]) -> Version | None:
    """The version that differs least, MAJOR before MINOR before PATCH; None if there is none."""

    def distance(version: Version) -> tuple[int, ...]:
        return tuple(abs(one - other) for one, other in zip(version, wanted, strict=True))

    return min(known, key=lambda version: (distance(version), version), default=None)


def split_ref(ref: str) -> tuple[str, Version] | None:
    """Model and version that `refs/tags/churn/v1.4.0` names; None for any other ref."""
    match = _REF.fullmatch(ref)
    return (match[1], Version.parse(match[2])) if match else None


def message(paragraph: str, record: Mapping[str, Any]) -> bytes:
    """The message of a tag: keys sorted, indent 1, ASCII, no NaN.

    Raises:
        ValueError: if the record is empty or holds NaN or infinity, or if a line of the
            paragraph could be taken for the beginning of the record.
    """
    above = paragraph.strip()
    if not record or "{" in above.splitlines():
        raise ValueError("a record needs at least one key, and a paragraph no line `{`")
    text = json.dumps(record, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False)
    return f"{above}\n\n{text}\n".encode()


def parse(content: bytes) -> dict[str, Any] | None:
    """The record in a tag's message; None if there is no readable one.

    It stands between the first line `{` and the line `}` after it: a signature block behind
    is left alone.
    """
    lines = content.decode("utf-8", "replace").split("\n")
    try:
        first = lines.index("{")
        last = lines.index("}", first)
        record = json.loads(
            "\n".join(lines[first : last + 1]), parse_constant=_finite, parse_float=_finite
        )
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _finite(text: str) -> float:
    """A number; `NaN` and what is too large for a float make the record unreadable."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
