"""One thing that `doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "missing", "not needed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: `missing` if a command would stop at it; `not needed` if all go on without.
        found: what there is, or what is wrong.
        fix: what to do; empty if nothing is to be done.
    """

    name: str
    state: State
    found: str
    fix: str = ""
