"""Files replaced whole: readers see the old content or the new one, also after a crash."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from modelspec.diagnostics import WorldError

_MANY = 32  # files, above which one pass over all disks is quicker than one a file


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
        sync(path.parent)
    return True


def replace_files(changes: Mapping[Path, bytes | None], stage: Path, up_to: Path) -> None:
    """Write and remove files in their order, once all that is new is safe on the disk.

    Args:
        changes: path to content; None: the file is removed.
        stage: an empty folder of the same disk, where new files wait for their names; one that
            was killed leaves them there.
        up_to: the uppermost folder to remove if removing leaves it empty.

    Raises:
        WorldError: if the disk does not allow it.
    """
    new = [(path, content) for path, content in changes.items() if content is not None]
    staged = {path: stage / str(number) for number, (path, _) in enumerate(new)}
    with wrap_os_errors(stage):
        try:
            for path, content in new:
                _write(staged[path], content)
            _sync([*staged.values()])
            for folder in dict.fromkeys(path.parent for path in staged):
                folder.mkdir(parents=True, exist_ok=True)
            for path in changes:
                if path in staged:
                    staged[path].replace(path)
                else:
                    remove_file(path, up_to=up_to)
            _sync([*{path.parent for path in staged}])
        except OSError:
            for path in staged.values():
                path.unlink(missing_ok=True)
            raise


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(content)


def _sync(paths: Sequence[Path]) -> None:
    """Bring files and folders to the disk, many of them in one pass."""
    if len(paths) > _MANY:
        os.sync()
        return
    for path in paths:
        sync(path)


def empty_folder(folder: Path, *, but: Collection[str] = ()) -> None:
    """Remove the files in a folder, if there is one, but for some names."""
    with wrap_os_errors(folder):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in but:
                path.unlink()


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
        sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Bring a file, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def user_cache() -> Path:
    """Where this user's downloads and look-ups are kept between runs, for all repositories."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "modelspec"
