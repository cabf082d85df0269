"""The files of a repository, as the work tree or a commit has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from modelspec.adapters.git import Repository


class Files(Protocol):
    """Files by their path from the top of a repository."""

    def matching(self, pattern: str) -> list[str]:
        """Paths that match a pattern part by part, such as `deploy/*/*/release.lock`, in order."""

    def read(self, path: str) -> bytes | None:
        """The content of a file; None if there is none."""


class WorkTree:
    """What stands on the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def matching(self, pattern: str) -> list[str]:
        """As `Files`."""
        found = (path for path in self.root.glob(pattern) if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def read(self, path: str) -> bytes | None:
        """As `Files`."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None


class CommitTree:
    """What a commit holds; `blobs` is its regular files, path to blob id."""

    def __init__(self, repository: Repository, blobs: Mapping[str, str]) -> None:
        self.repository = repository
        self.blobs = blobs
        self._contents: dict[str, bytes] = {}

    def matching(self, pattern: str) -> list[str]:
        """As `Files`."""
        parts = pattern.split("/")
        return sorted(path for path in self.blobs if _matches(path.split("/"), parts))

    def read(self, path: str) -> bytes | None:
        """As `Files`."""
        if path not in self.blobs:
            return None
        if path not in self._contents:
            self._load([path, *self._beside(path)])
        return self._contents[path]

    def _beside(self, path: str) -> list[str]:
        """What is going to be read too: one process for all of an environment."""
        if not path.startswith("deploy/"):
            return []
        environment = "/".join(path.split("/")[:2])
        return [other for other in self.blobs if other.startswith(f"{environment}/")]

    def _load(self, paths: Sequence[str]) -> None:
        contents = self.repository.blobs(self.blobs[path] for path in paths)
        self._contents |= dict(zip(paths, contents, strict=True))


class Overlaid:
    """Files with new contents over them."""

    def __init__(self, files: Files, contents: Mapping[str, bytes | None]) -> None:
        self._files = files
        self._contents = contents

    def matching(self, pattern: str) -> list[str]:
        """As `Files`."""
        gone = {path for path, content in self._contents.items() if content is None}
        parts = pattern.split("/")
        new = (path for path in self._contents if _matches(path.split("/"), parts))
        return sorted({*self._files.matching(pattern), *new} - gone)

    def read(self, path: str) -> bytes | None:
        """As `Files`."""
        return self._contents[path] if path in self._contents else self._files.read(path)


def _matches(path: list[str], pattern: list[str]) -> bool:
    return len(path) == len(pattern) and all(map(fnmatchcase, path, pattern))
