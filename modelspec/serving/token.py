"""A bearer token (RFC 6750) from a mounted file."""

from __future__ import annotations

from hmac import compare_digest
from pathlib import Path
from typing import Any

from .problems import Problem

# Guessing a shorter one would not take for ever.
SHORTEST = 16


class Token:
    """What callers have to show. The file is read each time: what is mounted may be replaced.

    Args:
        file: holds the token and perhaps an end of line; None if no file was named.
    """

    def __init__(self, file: str | None) -> None:
        self._file = file

    @property
    def usable(self) -> bool:
        """Whether there is a token of SHORTEST bytes or more; without one nobody is let in."""
        return len(self._read()) >= SHORTEST

    def check(self, headers: Any) -> None:
        """Lets a caller in.

        Raises:
            Problem: 401 if it shows another token or none, 403 if there is none to be shown.
        """
        right = self._read()
        if len(right) < SHORTEST:
            raise Problem(403, "nobody is let in here: the server was given no token", close=True)
        kind, _, shown = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not compare_digest(shown.strip().encode(), right):
            raise Problem(401, "the bearer token is missing, or not the right one", close=True)

    def _read(self) -> bytes:
        try:
            return Path(self._file).read_bytes().strip() if self._file else b""
        except OSError:
            return b""
