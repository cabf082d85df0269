"""Any bytes are a `model.lock` that can be written again, or problems with their places."""

from __future__ import annotations

from modelspec.diagnostics import InputError
from modelspec.spec.model_lock import NOTHING, BasePin, DataPin, ModelLock, load_lock

_BASE = {"python:3.11-slim-bookworm": BasePin(id=f"sha256:{'a' * 64}")}
_DATA = {"https://example.org/x.csv": DataPin(sha256="b" * 64, size=12, etag='"c"')}
SEEDS = [lock.text().encode() for lock in (NOTHING, ModelLock(lock=1, base=_BASE, data=_DATA))]


def check(data: bytes) -> None:
    """The reader answers, and what it has read is read back from what is written."""
    try:
        lock = load_lock(data, "model.lock")
    except InputError as error:
        assert all(problem.location for problem in error.diagnostics)
        assert error.diagnostics[-1].hint
        return
    if all(name.isascii() and len(name) < 1000 for name in lock.digests):  # as names of specs are
        told = (pin.etag or "" for pin in lock.data.values())
        if all(text.isascii() and text.isprintable() for text in told):
            assert load_lock(lock.text().encode(), "model.lock").digests == lock.digests
