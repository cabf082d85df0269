"""Compiled templates, kept for this user as Python keeps its own compiled modules."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import modelspec
from modelspec.adapters.files import replace_file, user_cache
from modelspec.diagnostics import WorldError

# What decides how a template is compiled, beside Jinja and the template itself.
_COMPILER = ("engine.py", "limits.py", "quote.py", "sandbox.py")
_DIGEST = hashlib.sha256().digest_size


class Compiled:
    """Files by a key, each with the digest of its content; a damaged one counts as absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: str) -> bytes | None:
        """The content that was written under a key."""
        try:
            found = (self._folder / key).read_bytes()
        except OSError:
            return None
        digest, content = found[:_DIGEST], found[_DIGEST:]
        return content if hashlib.sha256(content).digest() == digest else None

    def write(self, key: str, content: bytes) -> None:
        """Keep a content. A full or read-only disk is no matter."""
        try:
            replace_file(self._folder / key, hashlib.sha256(content).digest() + content)
        except WorldError:
            return


@cache
def compiled() -> Compiled:
    """What this version of modelspec has compiled."""
    state = hashlib.sha256()
    for name in _COMPILER:
        state.update((Path(modelspec.__file__).parent / "render" / name).read_bytes())
    return Compiled(user_cache() / "templates" / state.hexdigest()[:32])
