"""Folders of `deploy/` that hold what they should: known, as long as no file changes.

A lock, its environment, the templates and this tool decide what is rendered. One lock changed of
a thousand is then one folder to render.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from modelspec.adapters import index, templates
from modelspec.adapters.store import Store
from modelspec.diagnostics import WorldError
from modelspec.spec import default

Folders = Mapping[str, tuple[str, ...]]
"""Folder to the files that decide whether it is as it should be, its lock first."""


class Known:
    """What was known before, and what is kept. It begins before anything is read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._since = begin(root)
        self.folders = dict(_unchanged(str(root)))

    def keep(self, found: Folders) -> None:
        """Keep what is known now, if that is more.

        Args:
            found: folders that were looked at, and are as they should be.
        """
        new = {where: paths for where, paths in found.items() if all(map(self._tells, paths))}
        if new:
            folders = self.folders | new
            answer = [(where, *paths) for where, paths in folders.items()]
            index.keep(str(self._root), index.RENDERED, answer, self._paths(folders), self._since)

    def _tells(self, path: str) -> bool:
        """Whether the state of a file tells that it is the same; that of a link says little."""
        return "\t" not in path and "\n" not in path and not (self._root / path).is_symlink()

    def _paths(self, folders: Folders) -> Iterator[str]:
        from modelspec.adapters import tool

        for paths in folders.values():
            yield from paths
        yield from below(self._root, default.FOLDER)
        yield from below(self._root, templates.FOLDER)
        yield from map(str, tool.files())


def _unchanged(root: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    kept = index.read(root, index.RENDERED)
    if kept is None:
        return
    answer, states = kept
    changed = {*index.changed(root, states)}
    own = {path for _, *paths in answer for path in paths}
    if changed <= own:  # and not what all depend on
        yield from ((where, tuple(p)) for where, *p in answer if changed.isdisjoint(p))


def begin(root: Path) -> int:
    """The time before anything is read, as `index.keep` wants it; 0: nothing can be kept."""
    try:
        Store(root / index.FOLDER).open()
    except WorldError:  # a disk that cannot be written
        return 0
    return index.clock(str(root))


def below(root: Path, top: str) -> Iterator[str]:
    """A folder, and all that is below it; it may be none."""
    yield top
    for folder, folders, files in os.walk(root / top):
        within = os.path.relpath(folder, root)
        yield from (f"{within}/{name}" for name in (*folders, *files))
