"""What a check of a whole spec finds: which path is wrong, and which paths it looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from modelspec.spec.places import Path
from modelspec.spec.scalar import show

Part = Literal["metric", "comparator", "bound", "slice", "floor"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A conflict between parts of a spec that are each well formed.

    Attributes:
        path: what to point at; a default that was left out points at what encloses it.
        message: one sentence.
        reads: every other path the check looked at; if one of them is wrong by itself, the
            finding says nothing.
        part: of a gate's text, to point into it.
    """

    path: Path
    message: str
    hint: str = ""
    reads: tuple[Path, ...] = ()
    part: Part | None = None
    severity: Literal["error", "warning"] = "error"


def repeated(path: Path, name: str, values: Sequence[object]) -> Iterator[Finding]:
    """Items of a list that stand in it twice."""
    seen = set()
    for index, value in enumerate(values):
        if value in seen:
            yield Finding(
                (*path, index), f"{name} lists {show(value)} twice", "keep one of the two"
            )
        seen.add(value)
