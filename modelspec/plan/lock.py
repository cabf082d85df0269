"""A `release.lock`: the release that a folder runs, and what was rendered from it there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

from modelspec.plan.digest import digest


def lock_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the lock of a release holds: its spec, and its record without the spec.

    How long the steps took is no result of the release, so two that made the same have one lock.
    """
    rest = {name: value for name, value in record.items() if name != "seconds"}
    return {"spec": rest.pop("spec"), "record": rest}


def released_part(lock: Mapping[str, Any]) -> dict[str, Any]:
    """A lock without what was rendered: the same wherever the release runs."""
    return {key: value for key, value in lock.items() if key not in ("digest", "files")}


def sealed(lock: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    """The lock of a release that was found to be right, beside what was rendered from it.

    Args:
        lock: `spec` and `record`.
        files: name to digest of each rendered file.
    """
    part = released_part(lock)
    return {**part, "digest": digest(part), "files": dict(files)}


def is_sealed(lock: Mapping[str, Any]) -> bool:
    """Whether spec and record are those that `sealed` was given, and so need no second look."""
    return "digest" in lock and lock["digest"] == digest(released_part(lock))


def lock_text(lock: Mapping[str, Any]) -> str:
    """A lock as text: keys sorted, ASCII, no NaN, one final newline.

    As `json.dumps` writes it with `indent=1`, in half the time: that leaves its part in C for
    indented text.

    Raises:
        ValueError: a number that JSON has not.
        TypeError: a value that is none of JSON.
    """
    return _text(lock, "\n") + "\n"


def _text(value: Any, line: str) -> str:
    """A value; `line` begins a new one at its indentation."""
    write = _SCALARS.get(type(value))
    if write:
        return write(value)
    below = f"{line} "
    if isinstance(value, dict):
        items = [f"{encode_basestring_ascii(k)}: {_text(value[k], below)}" for k in sorted(value)]
        return f"{{{below}{f',{below}'.join(items)}{line}}}" if items else "{}"
    if isinstance(value, list | tuple):
        items = [_text(one, below) for one in value]
        return f"[{below}{f',{below}'.join(items)}{line}]" if items else "[]"
    raise TypeError(f"{type(value).__name__} is no type of JSON")


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number of JSON")
    return repr(value)


_SCALARS: Mapping[type, Callable[[Any], str]] = {
    str: encode_basestring_ascii,
    int: repr,
    float: _float,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
}
