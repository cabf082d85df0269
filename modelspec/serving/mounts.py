"""Files that are mounted, and may be replaced while the server runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Which file it is, when it changed, how large it is; None where there is none.
Stamp = tuple[int, int, int] | None


class MountError(Exception):
    """A file that was to be mounted cannot be used; the message is one line."""


def stamp(file: Path) -> Stamp:
    """What changes when a file is written or, as a kubelet does, its symlink turned."""
    try:
        found = os.stat(file)  # noqa: PTH116 - twice as fast, and asked for each request
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns, found.st_size
