"""One read of the outside, before anything is decided."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from modelspec.adapters.git import Commit, Repository, Tag
from modelspec.adapters.store import Store
from modelspec.diagnostics import Diagnostic, InputError, WorldError
from modelspec.plan.facts import Facts
from modelspec.plan.release import Release
from modelspec.plan.tags import parse
from modelspec.spec.load import Loaded, load, name_of
from modelspec.stages import select


@dataclass(frozen=True, slots=True)
class Source:
    """One spec as it stands in a commit: everything that is made from it is read there.

    `overlay` holds files of the work tree that differ, for a plan of what is not committed yet.
    """

    repository: Repository
    commit: Commit
    tree: Mapping[str, str]
    overlay: Mapping[str, bytes]
    path: str
    loaded: Loaded

    def resolve(self, file: str) -> str:
        """A file that the spec names, as a path in the repository."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.path), file))

    def read(self, file: str) -> bytes:
        """The bytes of a file that the spec names."""
        path = self.resolve(file)
        if path in self.overlay:
            return self.overlay[path]
        return self.repository.blobs([self.tree[path]])[0]

    def blob(self, path: str) -> str:
        """The git blob id of a path in the repository."""
        if path in self.overlay:
            content = self.overlay[path]
            return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324
        return self.tree[path]


def each_source(
    repository: Repository, words: Sequence[str], *, worktree: bool = False
) -> Iterator[Source]:
    """The specs that a command is about, as HEAD has them, or as the work tree does.

    Raises:
        InputError: every problem of a spec, or a file that is nowhere.
        WorldError: a spec or file that is there but not committed.
    """
    return (read() for read in _chosen(repository, words, worktree=worktree))


def _chosen(
    repository: Repository, words: Sequence[str], *, worktree: bool
) -> list[Callable[[], Source]]:
    """The specs of a command, each to be read when it is its turn."""
    commit = repository.head()
    tree = repository.tree(commit.oid)
    root = repository.root
    if worktree:
        specs = select.worktree(root)
        chosen = select.select(
            words, root, select.WorktreeFiles(root), specs, lambda p: (root / p).read_bytes()
        )
    else:
        specs = select.committed_specs(list(tree))
        try:
            chosen = select.select(
                words, root, tree, specs, lambda p: repository.blobs([tree[p]])[0]
            )
        except InputError:
            _refuse_uncommitted(words, root, specs)
            raise
    return [partial(_source, repository, commit, tree, path, worktree=worktree) for path in chosen]


def every_source(
    repository: Repository, words: Sequence[str], *, worktree: bool = False
) -> list[Source]:
    """All specs that a command is about, or every problem of all of them.

    Raises:
        InputError: every problem of every spec.
        WorldError: a spec or file that is there but not committed.
    """
    good: list[Source] = []
    problems: list[Diagnostic] = []
    for chosen in _chosen(repository, words, worktree=worktree):
        try:
            good.append(chosen())
        except InputError as error:
            problems += error.diagnostics
    if problems:
        raise InputError(*problems)
    return good


def _refuse_uncommitted(words: Sequence[str], root: Path, committed: Sequence[str]) -> None:
    """Say so if a name that no committed spec has is that of one in the work tree."""
    for path in sorted({*select.worktree(root)} - {*committed}):
        name = name_of((root / path).read_bytes())
        if name in words:
            raise WorldError(f"{name} ({path}) is not committed: git add it and commit")


def source(repository: Repository, commit: Commit, path: str) -> Source:
    """One spec as it stands in a commit. Raises as `each_source`."""
    return _source(repository, commit, repository.tree(commit.oid), path, worktree=False)


def _source(
    repository: Repository, commit: Commit, tree: Mapping[str, str], path: str, *, worktree: bool
) -> Source:
    overlay: dict[str, bytes] = {}
    if worktree and (path not in tree or repository.changed([path])):
        overlay[path] = (repository.root / path).read_bytes()
    content = overlay[path] if path in overlay else repository.blobs([tree[path]])[0]
    loaded = load(content, path)
    made = Source(repository, commit, tree, overlay, path, loaded)
    data = made.resolve(loaded.spec.data.source)
    here = (repository.root / data).is_file()
    if worktree and here and repository.changed([data]):
        overlay[data] = (repository.root / data).read_bytes()
    if data in tree or data in overlay:
        return made
    _refuse_link(made, data)
    if here:
        raise WorldError(f"{data} is not in the commit: git add it and commit")
    location = loaded.places.value(("data", "source"))
    raise InputError(
        Diagnostic(
            f"there is no file {loaded.spec.data.source}",
            location,
            f"put it at {data}, or correct data.source (it is relative to the spec)",
            loaded.places.excerpt(location),
        )
    )


def _refuse_link(source: Source, data: str) -> None:
    """Say so if a path does not lead to a file of this repository itself."""
    entries = source.repository.entries(source.commit.oid)
    above = [data, *(str(path) for path in PurePosixPath(data).parents)]
    for path in above:
        kind = {
            **dict.fromkeys(entries.symlinks, "a symbolic link"),
            **dict.fromkeys(entries.submodules, "a submodule"),
        }.get(path)
        if kind:
            location = source.loaded.places.value(("data", "source"))
            raise InputError(
                source.loaded.places.diagnostic(
                    f"{path} is {kind}: a release is made of files of this repository alone",
                    location,
                    "commit the file itself",
                )
            )


def gather(source: Source) -> Facts:
    """What git knows: enough to see whether there is anything to do."""
    spec = source.loaded.spec
    files = {spec.data.source: source.blob(source.resolve(spec.data.source))}
    sources = {source.path: source.blob(source.path)}
    sources |= {source.resolve(name): blob for name, blob in files.items()}
    releases, tags = released(source.repository, spec.metadata.name)
    readable = {release.tag for release in releases}
    return Facts(
        commit=source.commit.oid,
        committed=source.commit.time,
        spec_path=source.path,
        files=files,
        sources=sources,
        dirty=tuple(source.repository.changed(sorted(sources))),
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
