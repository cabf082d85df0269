"""Which models a change affects: those whose inputs differ, wherever their files are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from modelspec.adapters.git import Repository
from modelspec.diagnostics import Diagnostic, InputError
from modelspec.plan.plan import inputs_digest
from modelspec.spec.load import Loaded, load
from modelspec.stages.select import committed_specs


def affected(repository: Repository, since: str) -> list[str]:
    """Names of the models of HEAD that have other inputs than in an earlier commit, sorted.

    A model that is new is affected; one that is gone is not named. A file that moved, or a
    comment in a spec, is no other input.

    Args:
        repository: where both commits are.
        since: a commit, as git names it: an id, a branch, a tag, `HEAD~1`.

    Raises:
        WorldError: there is no such commit, or none at all.
        InputError: every problem of the specs of HEAD.
    """
    read = _Reader(repository)
    then = {pair for pair, _ in read.inputs(repository.named(since).oid)}
    problems: list[Diagnostic] = []
    found = set()
    for pair, errors in read.inputs(repository.head().oid):
        problems += errors
        if pair and pair not in then:
            found.add(pair[0])
    if problems:
        raise InputError(*problems)
    return sorted(found)


class _Reader:
    """Reads the specs of commits, each version of a file once."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._read: dict[tuple[str, str], Loaded | InputError] = {}

    def inputs(
        self, commit: str
    ) -> Iterator[tuple[tuple[str, str] | None, tuple[Diagnostic, ...]]]:
        """Name and inputs of each spec, or what is wrong with it."""
        tree = self._repository.tree(commit)
        versions = [(path, tree[path]) for path in committed_specs(list(tree))]
        new = [version for version in versions if version not in self._read]
        contents = self._repository.blobs([blob for _, blob in new])
        for version, content in zip(new, contents, strict=True):
            self._read[version] = _loaded(content, version[0])
        for path, blob in versions:
            loaded = self._read[path, blob]
            if isinstance(loaded, InputError):
                yield None, loaded.diagnostics
            else:
                yield (loaded.spec.metadata.name, _digest(loaded, path, tree)), ()


def _loaded(content: bytes, path: str) -> Loaded | InputError:
    try:
        return load(content, path)
    except InputError as error:
        return error


def _digest(loaded: Loaded, path: str, tree: Mapping[str, str]) -> str:
    source = loaded.spec.data.source
    file = str(PurePosixPath(path).parent / source)
    return inputs_digest(loaded.spec, {source: tree.get(file, "")})
