"""Bearer tokens (RFC 6750) from a mounted file."""

from __future__ import annotations

from hmac import compare_digest
from pathlib import Path

from .mounts import Stamp, stamp
from .problems import Problem

# Guessing a shorter one would not take for ever.
SHORTEST = 16


class Token:
    """What callers have to show. A file that was replaced is read again at once.

    Args:
        file: holds the token; while that is being changed the old one and the new one, a line
            each, so that callers need not all change at the same moment. None if no file was
            named.
    """

    def __init__(self, file: str | None) -> None:
        self._file = Path(file) if file else None
        self._stamp: Stamp = None
        self._right: list[bytes] = []

    @property
    def usable(self) -> bool:
        """Whether there is a token, and none of fewer than SHORTEST bytes."""
        return bool(self._current())

    def refusal(self, authorization: bytes) -> Problem | None:
        """Why a caller is not let in: 403 if there is no token to be shown, else 401; or None.

        Args:
            authorization: the header of that name; empty where there is none.
        """
        right = self._current()
        if not right:
            return Problem(403, "nobody is let in here: the server was given no token", close=True)
        kind, _, shown = authorization.partition(b" ")
        shown = shown.strip()
        # All are compared, so that the time it takes does not tell which of them it resembles.
        found = [compare_digest(shown, one) for one in right]
        if kind.lower() != b"bearer" or not any(found):
            return Problem(401, "the bearer token is missing, or not the right one", close=True)
        return None

    def _current(self) -> list[bytes]:
        """What is in the file now; nothing if one of the tokens is too short."""
        if self._file is None:
            return []
        now = stamp(self._file)
        if now is None or now != self._stamp:
            self._stamp = now
            try:
                right = self._file.read_bytes().split()
            except OSError:
                right = []
            self._right = right if all(len(one) >= SHORTEST for one in right) else []
        return self._right
