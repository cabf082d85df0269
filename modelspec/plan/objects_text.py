"""Changes of rendered objects in a line each, for people."""

from __future__ import annotations

import json
import re
from typing import Any

from modelspec.plan.objects import FieldChange

CONTEXT = 12


def change_lines(change: FieldChange, width: int) -> list[str]:
    """Which field, and from what to what: on one line if it fits."""
    paths = list(dict.fromkeys(place.path for place in change.places))
    more = f" and {len(paths) - 1} alike" if len(paths) > 1 else ""
    was, will = (value_text(v).replace("\n", "\\n") for v in (change.old, change.new))
    old, new = around(was, will)
    where, what = f"{paths[0]}{more}:", f"{old} -> {new}"
    if len(where) + 1 + len(what) <= width:
        return [f"{where} {what}"]
    values = [what] if len(what) <= width - 2 else [old, f"-> {new}"]
    return [*_broken(where, width), *(f"  {line}" for line in values)]


def _broken(path: str, width: int) -> list[str]:
    """A path on as few lines as it takes, broken behind a point."""
    lines = [""]
    for part in re.split(r"(?<=\.)", path):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("  ")
        lines[-1] += part
    return lines


def value_text(value: Any) -> str:
    """A value of a rendered object in a line."""
    if value is None:
        return "(none)"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def around(old: str, new: str, room: int = 60) -> tuple[str, str]:
    """Two texts, cut to what differs if they are long and alike."""
    if max(len(old), len(new)) <= room:
        return old, new
    alike = _prefix(old, new)
    begin = max(0, alike - CONTEXT)
    end = _prefix(old[alike:][::-1], new[alike:][::-1]) - CONTEXT
    return _cut(old, begin, end, room), _cut(new, begin, end, room)


def _cut(text: str, begin: int, end: int, room: int) -> str:
    part = text[begin : len(text) - max(0, end)]
    before, after = "..." * (begin > 0), "..." * (end > 0 or len(part) > room)
    return f"{before}{part[:room]}{after}"


def _prefix(one: str, other: str) -> int:
    """How many characters two texts begin alike with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
