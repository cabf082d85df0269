"""A `release.lock` as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def lock_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the lock of a release holds: its spec, and its record without the spec.

    How long the steps took is no result of the release, so two that made the same have one lock.
    """
    rest = {name: value for name, value in record.items() if name != "seconds"}
    return {"spec": rest.pop("spec"), "record": rest}


def lock_text(lock: Mapping[str, Any]) -> str:
    """A lock as text: keys sorted, ASCII, no NaN, one final newline."""
    return json.dumps(lock, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"
