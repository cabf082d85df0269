"""Whatever comes in, an answer goes out: never another exception, never more than a second.

One module a target, each with `check`, which fails if that does not hold, and `SEEDS` to begin
with. `test_fuzz.py` has hypothesis call it, and replays `findings/<target>/`, where every input
that once failed stays. Atheris calls it with what it learns from coverage:

    python -m tests.fuzz load --seconds 600 --seed 1

`make test` does that for some seconds a target, `make soak` for ten minutes. An input that fails
is printed with its path: correct the code, and move it to `findings/`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

TARGETS = ("load", "gate", "lock", "release", "template")
SECONDS = 1.0
LONGEST = 4096


def answer(check: Callable[[bytes], None], data: bytes) -> None:
    """Check one input, and that it took no longer than it may."""
    began = time.process_time()
    check(data)
    took = time.process_time() - began
    assert took < SECONDS, f"took {took:.1f} s"
