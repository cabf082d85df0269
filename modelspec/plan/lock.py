"""A `release.lock`: the release that a folder runs, and what was rendered from it there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from modelspec.plan.digest import digest_bytes

_BEGIN = b'\n "record": {'


class Held(dict[str, Any]):
    """A lock as a file holds it.

    Attributes:
        text: of its released part, byte for byte as it was sealed; empty if it was not.
    """

    text = b""


def parse(content: bytes) -> Any:
    """What the file of a lock holds: a `Held`, or whatever else is written there.

    Raises:
        ValueError: it is not JSON.
    """
    found = json.loads(content)
    if not isinstance(found, dict):
        return found
    held = Held(found)
    text = b"{" + content[max(content.find(_BEGIN), 0) :]
    if found.get("digest") == digest_bytes(text):
        held.text = text
    return held


def lock_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the lock of a release holds: its spec, and its record without the spec.

    How long the steps took is no result of the release, so two that made the same have one lock.
    """
    rest = {name: value for name, value in record.items() if name != "seconds"}
    return {"spec": rest.pop("spec"), "record": rest}


def released_part(lock: Mapping[str, Any]) -> dict[str, Any]:
    """A lock without what was rendered: the same wherever the release runs."""
    return {key: value for key, value in lock.items() if key not in ("digest", "files")}


def sealed_text(lock: Mapping[str, Any], files: Mapping[str, str]) -> bytes:
    """The file of a lock that was found to be right, beside what was rendered from it.

    Its digest is of all that follows the names of the files, as text: what is still as it was
    sealed is neither checked nor written anew, and both take longer than to render it.

    Args:
        lock: `spec` and `record`.
        files: name to digest of each rendered file.
    """
    text = _text(lock)
    head = lock_text({"digest": digest_bytes(text), "files": dict(files)})
    return head.removesuffix("\n}\n").encode() + b"," + text.removeprefix(b"{")


def is_sealed(lock: Mapping[str, Any]) -> bool:
    """Whether spec and record are those that were sealed, and so need no second look."""
    return "digest" in lock and lock["digest"] == digest_bytes(_text(lock))


def _text(lock: Mapping[str, Any]) -> bytes:
    """The released part of a lock as text."""
    held = isinstance(lock, Held) and lock.text
    return held or lock_text(released_part(lock)).encode()


def lock_text(lock: Mapping[str, Any]) -> str:
    """A lock as text: keys sorted, ASCII, no NaN, one final newline."""
    return json.dumps(lock, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"
