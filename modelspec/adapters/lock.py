"""One `apply` at a time in a work tree; a dead process never leaves it locked."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelspec.adapters.files import wrap_os_errors
from modelspec.diagnostics import Conflict, WorldError


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file while the block runs.

    Raises:
        WorldError: if the disk does not allow it.
        Conflict: if another process holds it; says which, where and since when.
    """
    with wrap_os_errors(path):
        file = path.open("a+", encoding="utf-8")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Conflict(f"another apply is running here: {_holder(file.read())}") from None
        except OSError as error:
            raise WorldError(f"{path} cannot be locked on this disk: {error.strerror}") from None
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        with wrap_os_errors(path):
            file.truncate(0)
            json.dump({"pid": os.getpid(), "host": platform.node(), "since": since}, file)
            file.flush()
        yield


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        return "its holder is not known"
