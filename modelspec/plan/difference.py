"""What differs between two plain values: specs, and rendered objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, NamedTuple

from modelspec.plan.digest import canonical


class Difference(NamedTuple):
    """A value at a path; None where there is none, or it is left out."""

    path: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.path}: {shown(self.old)} -> {shown(self.new)}"


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """What differs between two canonical specs: lists count as one value."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            yield from differences(old.get(name), new.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(old, Mapping) and new is None:
        yield from differences(old, {}, path)
    elif old is None and isinstance(new, Mapping):
        yield from differences({}, new, path)
    elif old != new:
        yield Difference(path, old, new)


def shown(value: Any) -> str:
    """A value of a spec in a line; one that is left out is a default."""
    if value is None:
        return "(default)"
    if isinstance(value, list):
        return "[" + ", ".join(shown(v) for v in value) + "]"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def fields(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """What differs between two rendered objects, down to single fields, in lists too.

    Items of a list are paired by `name` where each has one, as clusters do it, and else by what
    stayed the same around them: an item that is added in the middle does not move the others.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            yield from fields(old.get(name), new.get(name), _below(path, name))
    elif isinstance(old, list) and isinstance(new, list):
        for place, before, after in _pairs(old, new):
            yield from fields(before, after, f"{path}[{place}]")
    elif old != new or type(old) is not type(new):
        yield Difference(path, old, new)


def _below(path: str, name: str) -> str:
    plain = name.replace("-", "").replace("_", "").isalnum()
    step = name if plain else f"[{name}]"
    return f"{path}.{step}" if path and plain else f"{path}{step}"


def _pairs(old: list[Any], new: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    """Items that belong together, and what to call their place."""
    before, after = _by_name(old), _by_name(new)
    if before and after:
        yield from ((n, before.get(n), after.get(n)) for n in dict.fromkeys([*before, *after]))
        return
    texts = [canonical(item) for item in old], [canonical(item) for item in new]
    for kind, a, b, c, d in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if kind != "equal":
            pairs = zip_longest(old[a:b], new[c:d])
            yield from ((str(c + at), *pair) for at, pair in enumerate(pairs))


def _by_name(items: Sequence[Any]) -> dict[str, Any]:
    """The items by name, if each has one of its own; else nothing."""
    names = [item.get("name") if isinstance(item, Mapping) else None for item in items]
    named = {str(name): item for name, item in zip(names, items, strict=True) if name}
    return named if len(named) == len(items) else {}
