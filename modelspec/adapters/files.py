"""Files replaced whole: readers see the old content or the new one, also after a crash."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelspec.diagnostics import WorldError


@contextmanager
def wrap_os_errors(path: Path) -> Iterator[None]:
    """Turn a full, read-only or forbidden disk into one clear message."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise WorldError(
            f"cannot write {where}: {(error.strerror or str(error)).lower()}"
        ) from None


def replace_file(path: Path, content: bytes) -> bool:
    """Write a file by a rename, if its content is not already that.

    Returns:
        Whether it was written.

    Raises:
        WorldError: if the disk does not allow it; the old file is then untouched.
    """
    with wrap_os_errors(path):
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    return True


def remove_file(path: Path, *, up_to: Path | None = None) -> None:
    """Remove a file if it is there, and then the folders above it that are empty.

    Args:
        path: of the file.
        up_to: the uppermost folder to remove; None: none is removed.

    Raises:
        WorldError: if the disk does not allow it.
    """
    with wrap_os_errors(path):
        path.unlink(missing_ok=True)
        folder = path.parent
        while up_to and folder.is_relative_to(up_to) and folder.is_dir():
            if any(folder.iterdir()):
                return
            folder.rmdir()
            folder = folder.parent


def sync_tree(folder: Path) -> None:
    """Bring every file below a folder, and the folders themselves, to the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            sync_folder(path)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def user_cache() -> Path:
    """Where this user's downloads and look-ups are kept between runs, for all repositories."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "modelspec"
