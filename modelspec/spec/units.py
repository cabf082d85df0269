"""Values that carry a unit, from text and to text: `20%`, `50ms`."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from modelspec.spec.scalar import Wrong, show

# Few digits, so that decimals stay exact and lengths of time within their type.
PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)%")
DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|d|w)")
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_YEARS_100 = 36_500 * 86_400_000


def percent(value: Any) -> Any:
    """The share that `20%` is, as an exact fraction; raises `Wrong`."""
    if isinstance(value, str) and (match := PERCENT.fullmatch(value)):
        return Decimal(match[1]) / 100
    if isinstance(value, Decimal):
        return value
    hint = ""
    if isinstance(value, str):
        bare = value.removesuffix("%").rstrip()
        if DURATION.fullmatch(value):
            hint = "a length of time needs a split by time, which is not supported yet"
        elif value.endswith("%") and PERCENT.fullmatch(f"{bare}%"):
            hint = f"write {bare}%, without a space"
        elif re.fullmatch(r"0?\.[0-9]{1,6}", value):
            hint = f"write {percent_text(Decimal(value))}"
        elif re.fullmatch(r"[0-9]{1,2}", value):
            hint = f"write {value}%"
    raise Wrong(f"must be a percentage such as 20%, not {show(value)}", hint)


def percent_text(share: Decimal) -> str:
    """0.999 as `99.9%`."""
    return f"{(share * 100).normalize():f}%"


def duration(value: Any) -> Any:
    """The length of time that `50ms` is; raises `Wrong`."""
    if isinstance(value, timedelta):
        return value
    hint = ""
    if isinstance(value, str):
        if match := DURATION.fullmatch(value):
            milliseconds = Decimal(match[1]) * _MILLISECONDS[match[2]]
            if milliseconds > _YEARS_100:
                raise Wrong(f"is longer than a hundred years: {show(value)}")
            microseconds = milliseconds * 1000
            if microseconds != int(microseconds):
                raise Wrong(f"is finer than a microsecond: {show(value)}")
            return timedelta(microseconds=int(microseconds))
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
            hint = f"add the unit: {value}ms, {value}s, {value}m, {value}h or {value}d"
        elif re.fullmatch(r"([0-9]{1,9}[a-z]{1,2}){2,6}", value):
            hint = "use one unit: 90m, not 1h30m"
    raise Wrong(f"must be a duration such as 50ms, 5m or 30d, not {show(value)}", hint)


def duration_text(length: timedelta) -> str:
    """The shortest duration with one unit: 0:00:00.05 as `50ms`, 30 days as `30d`.

    Only parts of a millisecond need a decimal point: `2.5ms`.
    """
    microseconds = length // timedelta(microseconds=1)
    for unit in ("d", "h", "m", "s", "ms"):
        if microseconds % (_MILLISECONDS[unit] * 1000) == 0:
            return f"{microseconds // (_MILLISECONDS[unit] * 1000)}{unit}"
    return f"{(Decimal(microseconds) / 1000).normalize():f}ms"
