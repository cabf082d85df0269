"""The engine of this machine, or none: every step that has a use for one goes on without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelspec.adapters.engine import Engine


@contextmanager
def engine_or_none() -> Iterator[Engine | None]:
    """A connection to the engine while the block runs; None where there is no engine.

    Raises:
        WorldError: there is one, but it hangs or fails.
    """
    from modelspec.adapters.engine import NoEngine, connect

    try:
        engine = connect()
    except NoEngine:
        yield None
        return
    try:
        yield engine
    finally:
        engine.close()
