"""Digests of plain data: equal meaning, equal digest, on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Plain data as one line of JSON: keys sorted, ASCII, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def digest(value: Any) -> str:
    """`sha256:<hex>` of the canonical JSON of plain data."""
    return digest_bytes(canonical(value).encode())


def digest_bytes(content: bytes) -> str:
    """`sha256:<hex>` of bytes."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def file_digest(content: bytes) -> str:
    """The digest by which a `release.lock` knows a file that was rendered: hex, of SHA-256."""
    return hashlib.sha256(content).hexdigest()


def git_blob(content: bytes) -> str:
    """The id that git gives a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324


def short(digest: str) -> str:
    """The first half of a digest, as it names a folder."""
    return digest.removeprefix("sha256:")[:32]
