"""One spec with what it names, as it stands in a commit."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from modelspec.adapters.git import Commit, Repository, Tree
from modelspec.diagnostics import Diagnostic, InputError, Location, WorldError
from modelspec.plan.digest import git_blob
from modelspec.plan.pins import DATA, lock_path, pins_of
from modelspec.plan.plan import inputs_digest
from modelspec.spec.load import Loaded, load
from modelspec.spec.model_lock import NOTHING, ModelLock, load_lock
from modelspec.spec.urls import is_url


@dataclass(frozen=True, slots=True)
class Source:
    """One spec as it stands in a commit: everything that is made from it is read there.

    Attributes:
        entries: of the commit.
        overlay: files of the work tree that differ, for a plan of what is not committed yet.
        path: of the spec in the repository.
        lock: what `model.lock` beside the spec holds.
    """

    repository: Repository
    commit: Commit
    entries: Tree
    overlay: Mapping[str, bytes]
    path: str
    loaded: Loaded
    lock: ModelLock = NOTHING

    @property
    def tree(self) -> Mapping[str, str]:
        """The regular files of the commit: path to blob id."""
        return self.entries.files

    @property
    def files(self) -> dict[str, str]:
        """What the spec names in the repository: path relative to the spec to blob id."""
        data = self.loaded.spec.data
        return {} if data.remote else {data.source: self.blob(self.resolve(data.source))}

    @property
    def paths(self) -> tuple[str, ...]:
        """All files of the repository that the model may be made from."""
        return (self.path, lock_path(self.path), *map(self.resolve, self.files))

    @property
    def pins(self) -> dict[str, str]:
        """What the lock pins of what the spec names: path of the key to digest."""
        return pins_of(self.loaded.spec, self.lock)

    @property
    def inputs(self) -> str:
        """The digest of all that the model is made from."""
        return inputs_digest(self.loaded.spec, self.files, self.pins)

    def has(self, path: str) -> bool:
        """Whether there is a file at a path in the repository."""
        return path in self.tree or path in self.overlay

    def resolve(self, file: str) -> str:
        """A file that the spec names, as a path in the repository; a URL stays one."""
        return (
            file
            if is_url(file)
            else posixpath.normpath(posixpath.join(posixpath.dirname(self.path), file))
        )

    def read(self, file: str) -> bytes:
        """The bytes of a file or URL that the spec names.

        Raises:
            WorldError: what is pinned cannot be had.
        """
        if is_url(file):
            from modelspec.adapters.remote import content

            return content(file, self.lock.data[file])
        return _content(self.repository, self.entries, self.overlay, self.resolve(file))

    def blob(self, path: str) -> str:
        """The git blob id of a path in the repository."""
        if path in self.overlay:
            return git_blob(self.overlay[path])
        return self.tree[path]


def source(
    repository: Repository, commit: Commit, entries: Tree, path: str, *, worktree: bool = False
) -> Source:
    """One spec as it stands in a commit, or with `worktree` as it stands now.

    Raises:
        InputError: every problem of the spec or its lock, or a file that is nowhere.
        WorldError: a file that is there but not committed.
    """
    lock = lock_path(path)
    overlay = _changed(repository, [path, lock]) if worktree else {}
    loaded = load(_content(repository, entries, overlay, path), path)
    _refuse_link(entries, lock, Diagnostic("", Location(lock, 1, 1)))
    pins = NOTHING
    if lock in entries.files or lock in overlay:
        pins = load_lock(_content(repository, entries, overlay, lock), lock)
    made = Source(repository, commit, entries, overlay, path, loaded, pins)
    if loaded.spec.data.remote:
        _require_pin(made, lock)
        return made
    data = made.resolve(loaded.spec.data.source)
    if worktree:
        overlay |= _changed(repository, [data])
    _require(made, data)
    return made


def _changed(repository: Repository, paths: Sequence[str]) -> dict[str, bytes]:
    """The content of those files of the work tree that are there and not as HEAD has them."""
    here = [path for path in paths if (repository.root / path).is_file()]
    return {path: (repository.root / path).read_bytes() for path in repository.changed(here)}


def _content(
    repository: Repository, entries: Tree, overlay: Mapping[str, bytes], path: str
) -> bytes:
    return overlay[path] if path in overlay else repository.blobs([entries.files[path]])[0]


def _require_pin(made: Source, lock: str) -> None:
    """Insist that data outside of git are pinned: a release is named by its commit alone."""
    if DATA in made.pins:
        return
    if not made.has(lock) and (made.repository.root / lock).is_file():
        raise WorldError(f"{lock} is not in the commit: git add it and commit")
    places, spec = made.loaded.places, made.loaded.spec
    hint = f"modelspec lock {spec.metadata.name}, and commit {lock}"
    message = f"data.source is not pinned: git does not hold {spec.data.source}"
    raise InputError(places.diagnostic(message, places.value(("data", "source")), hint))


def _require(made: Source, data: str) -> None:
    """Insist on the file of the data."""
    if made.has(data):
        return
    places = made.loaded.places
    location = places.value(("data", "source"))
    _refuse_link(made.entries, data, places.diagnostic("", location))
    if (made.repository.root / data).is_file():
        raise WorldError(f"{data} is not in the commit: git add it and commit")
    hint = f"put it at {data}, or correct data.source (it is relative to the spec)"
    message = f"there is no file {made.loaded.spec.data.source}"
    raise InputError(places.diagnostic(message, location, hint))


def _refuse_link(entries: Tree, path: str, named: Diagnostic) -> None:
    """Say so if a path does not lead to a file of this repository itself.

    Args:
        entries: of the commit.
        path: in the repository.
        named: with the place where it is named.
    """
    kinds = {
        **dict.fromkeys(entries.symlinks, "a symbolic link"),
        **dict.fromkeys(entries.submodules, "a submodule"),
    }
    for part in (path, *map(str, PurePosixPath(path).parents)):
        if part in kinds:
            said = f"{part} is {kinds[part]}: a release is made of files of this repository alone"
            raise InputError(replace(named, message=said, hint="commit the file itself"))
