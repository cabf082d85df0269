"""One read of the outside, before anything is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from modelspec.adapters.git import Repository, Tag
from modelspec.adapters.store import Store
from modelspec.adapters.trees import WorkTree
from modelspec.diagnostics import Diagnostic, InputError, WorldError
from modelspec.plan.facts import Facts
from modelspec.plan.pins import lock_path
from modelspec.plan.release import Release
from modelspec.plan.tags import parse
from modelspec.spec.load import name_of
from modelspec.stages import select
from modelspec.stages.select import Selection
from modelspec.stages.source import Source, source


def each_source(
    repository: Repository, wanted: Selection, *, worktree: bool = False
) -> Iterator[Source]:
    """The specs that a command is about, as HEAD has them, or as the work tree does.

    Raises:
        InputError: every problem of a spec, or a file that is nowhere.
        WorldError: a spec or file that is there but not committed.
    """
    return (read() for read in _chosen(repository, wanted, worktree=worktree))


def _chosen(
    repository: Repository, wanted: Selection, *, worktree: bool
) -> list[Callable[[], Source]]:
    """The specs of a command, each to be read when it is its turn."""
    commit = repository.head()
    entries = repository.entries(commit.oid)
    tree, root = entries.files, repository.root
    if worktree:
        chosen = select.of_worktree(wanted, root)
    else:
        specs = select.committed_specs(list(tree))
        try:
            chosen = select.select(
                wanted, root, tree, specs, lambda p: repository.blobs([tree[p]])[0]
            )
        except InputError:
            _refuse_uncommitted(wanted.words, root, specs)
            raise
    return [
        partial(source, repository, commit, entries, path, worktree=worktree) for path in chosen
    ]


def every_source(
    repository: Repository, wanted: Selection, *, worktree: bool = False
) -> list[Source]:
    """All specs that a command is about, or every problem of all of them.

    None where all models of a repository were removed: then there is only to be cleared away.

    Raises:
        InputError: every problem of every spec.
        WorldError: a spec or file that is there but not committed.
    """
    good: list[Source] = []
    problems: list[Diagnostic] = []
    try:
        found = _chosen(repository, wanted, worktree=worktree)
    except select.NoSpecsError:
        if wanted != select.ALL or not _had_models(repository):
            raise
        found = []
    for chosen in found:
        try:
            good.append(chosen())
        except InputError as error:
            problems += error.diagnostics
    if problems:
        raise InputError(*problems)
    return good


def _had_models(repository: Repository) -> bool:
    """Whether there were models before, and not only a mistake about the folder."""
    files = WorkTree(repository.root)
    patterns = ("environments/*.yaml", "deploy/*/*/release.lock")
    return any(map(files.matching, patterns)) or bool(repository.tags())


def _refuse_uncommitted(words: Sequence[str], root: Path, committed: Sequence[str]) -> None:
    """Say so if a name that no committed spec has is that of one in the work tree."""
    for path in sorted({*select.worktree(root)} - {*committed}):
        name = name_of((root / path).read_bytes())
        if name in words:
            raise WorldError(f"{name} ({path}) is not committed: git add it and commit")


def gather(found: Source) -> Facts:
    """What git knows: enough to see whether there is anything to do."""
    files, lock = found.files, lock_path(found.path)
    paths = [found.path, *([lock] if found.has(lock) else []), *map(found.resolve, files)]
    releases, tags = released(found.repository, found.loaded.spec.metadata.name)
    readable = {release.tag for release in releases}
    return Facts(
        commit=found.commit.oid,
        committed=found.commit.time,
        spec_path=found.path,
        files=files,
        sources={path: found.blob(path) for path in paths},
        pins=found.pins,
        dirty=tuple(found.repository.changed(sorted({*paths, lock}))),
        releases=releases,
        taken=tuple(tag.version for tag in tags),
        unreadable=tuple(n for tag in tags if (n := f"{tag.name}/v{tag.version}") not in readable),
    )


def released(repository: Repository, name: str) -> tuple[tuple[Release, ...], tuple[Tag, ...]]:
    """The readable releases of a model, and all of its tags."""
    tags = tuple(repository.tags([name]))
    releases = (_release(tag) for tag in tags)
    return tuple(release for release in releases if release), tags


def _release(tag: Tag) -> Release | None:
    """The release that a tag holds; None if it is not one, or one of something else."""
    record = parse(tag.message)
    if record is None:
        return None
    try:
        release = Release.model_validate(record)
    except ValueError:
        return None
    said = (release.name, release.version, release.commit)
    return release if said == (tag.name, str(tag.version), tag.commit) else None


def with_machine(
    facts: Facts,
    store: Store,
    toolchain: Mapping[str, str],
    image_toolchain: Mapping[str, str],
) -> Facts:
    """Add what this machine has: finished steps, bytes, and what it would make more with."""
    finished = {(step, address): record for step, address, record in store.entries()}
    kept = {(step, record["output"]) for (step, _), record in finished.items()}
    kept |= {(step, record["output"]) for step, _, record in store.kept()}
    return replace(
        facts,
        finished=finished,
        kept=frozenset(kept),
        toolchain=toolchain,
        image_toolchain=image_toolchain,
    )
