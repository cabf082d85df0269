"""Which models a change affects: those whose inputs differ, wherever their files are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TypeVar

from modelspec.adapters.git import Repository
from modelspec.diagnostics import Diagnostic, InputError
from modelspec.plan.pins import lock_path, pins_of
from modelspec.plan.plan import inputs_digest
from modelspec.spec.load import Loaded, load
from modelspec.spec.model_lock import NOTHING, ModelLock, load_lock
from modelspec.stages.select import ALL, Selection, committed_specs, select

T = TypeVar("T")


def affected(repository: Repository, since: str, wanted: Selection = ALL) -> list[str]:
    """Names of the models of HEAD that have other inputs than in an earlier commit, sorted.

    A model that is new is affected; one that is gone is not named. A file that moved, or a
    comment in a spec, is no other input.

    Args:
        repository: where both commits are.
        since: a commit, as git names it: an id, a branch, a tag, `HEAD~1`.
        wanted: which models of HEAD.

    Raises:
        WorldError: there is no such commit, or none at all.
        InputError: every problem of the specs of HEAD.
    """
    read = _Reader(repository)
    then = {pair for pair, _ in read.inputs(repository.named(since).oid, ALL)}
    problems: list[Diagnostic] = []
    found = set()
    for pair, errors in read.inputs(repository.head().oid, wanted):
        problems += errors
        if pair and pair not in then:
            found.add(pair[0])
    if problems:
        raise InputError(*problems)
    return sorted(found)


class _Reader:
    """Reads the specs of commits and their locks, each version of a file once."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._specs: dict[tuple[str, str], Loaded | InputError] = {}
        self._locks: dict[tuple[str, str], ModelLock | InputError] = {}

    def inputs(
        self, commit: str, wanted: Selection
    ) -> Iterator[tuple[tuple[str, str] | None, tuple[Diagnostic, ...]]]:
        """Name and inputs of each spec, or what is wrong with it or its lock."""
        tree = self._repository.tree(commit)
        paths = committed_specs(list(tree))
        if wanted != ALL:
            root, blobs = self._repository.root, self._repository.blobs
            paths = select(wanted, root, tree, paths, lambda path: blobs([tree[path]])[0])
        specs = [(path, tree[path]) for path in paths]
        beside = {path: lock_path(path) for path, _ in specs}
        locks = {path: (lock, tree[lock]) for path, lock in beside.items() if lock in tree}
        self._read(self._specs, specs, load)
        self._read(self._locks, locks.values(), load_lock)
        for path, blob in specs:
            loaded = self._specs[path, blob]
            pins = self._locks[locks[path]] if path in locks else NOTHING
            if isinstance(loaded, InputError):
                yield None, loaded.diagnostics
            elif isinstance(pins, InputError):
                yield None, pins.diagnostics
            else:
                yield (loaded.spec.metadata.name, _digest(loaded, pins, path, tree)), ()

    def _read(
        self,
        known: dict[tuple[str, str], T | InputError],
        wanted: Iterable[tuple[str, str]],
        reader: Callable[[bytes, str], T],
    ) -> None:
        """Read those versions (path, blob id) of files that are not known yet."""
        new = [version for version in wanted if version not in known]
        contents = self._repository.blobs([blob for _, blob in new])
        for version, content in zip(new, contents, strict=True):
            try:
                known[version] = reader(content, version[0])
            except InputError as error:
                known[version] = error


def _digest(loaded: Loaded, lock: ModelLock, path: str, tree: Mapping[str, str]) -> str:
    data = loaded.spec.data
    file = str(PurePosixPath(path).parent / data.source)
    files = {} if data.remote else {data.source: tree.get(file, "")}
    return inputs_digest(loaded.spec, files, pins_of(loaded.spec, lock))
