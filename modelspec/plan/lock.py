"""A `release.lock`: the release that a folder runs, and what was rendered from it there."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    """A lock as text: keys sorted, ASCII, no NaN, one final newline."""
    return json.dumps(lock, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"
