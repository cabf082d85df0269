"""One read of the outside, before anything is decided."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from modelspec.adapters.git import Commit, Repository
from modelspec.adapters.store import Store
from modelspec.diagnostics import Diagnostic, InputError, WorldError
from modelspec.plan.facts import Facts
from modelspec.plan.release import Release
from modelspec.plan.tags import Version, parse
from modelspec.spec.load import Loaded, load
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
        chosen = select.select(words, root, tree, specs, lambda p: repository.blobs([tree[p]])[0])
    for path in chosen:
        yield _source(repository, commit, tree, path, worktree=worktree)


def source(repository: Repository, commit: Commit, path: str) -> Source:
    """One spec as it stands in a commit. Raises as `each_source`."""
    return _source(repository, commit, repository.tree(commit.oid), path, worktree=False)


def _source(
    repository: Repository, commit: Commit, tree: Mapping[str, str], path: str, *, worktree: bool
) -> Source:
    overlay: dict[str, bytes] = {}
    if worktree and repository.changed([path]):
        overlay[path] = (repository.root / path).read_bytes()
    content = overlay.get(path) or repository.blobs([tree[path]])[0]
    loaded = load(content, path)
    made = Source(repository, commit, tree, overlay, path, loaded)
    data = made.resolve(loaded.spec.data.source)
    here = (repository.root / data).is_file()
    if worktree and here and repository.changed([data]):
        overlay[data] = (repository.root / data).read_bytes()
    if data in tree or data in overlay:
        return made
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


def gather(source: Source) -> Facts:
    """What git knows: enough to see whether there is anything to do."""
    spec = source.loaded.spec
    files = {spec.data.source: source.blob(source.resolve(spec.data.source))}
    sources = {source.path: source.blob(source.path)}
    sources |= {source.resolve(name): blob for name, blob in files.items()}
    releases, taken = released(source.repository, spec.metadata.name)
    return Facts(
        commit=source.commit.oid,
        committed=source.commit.time,
        spec_path=source.path,
        files=files,
        sources=sources,
        dirty=tuple(source.repository.changed(sorted(sources))),
        releases=releases,
        taken=taken,
    )


def released(repository: Repository, name: str) -> tuple[tuple[Release, ...], tuple[Version, ...]]:
    """The readable releases of a model, and every number that its tags take."""
    releases: list[Release] = []
    taken: list[Version] = []
    for tag in repository.tags([name]):
        taken.append(tag.version)
        record = parse(tag.message)
        if record is not None:
            try:
                releases.append(Release.model_validate(record))
            except ValueError:
                continue
    return tuple(releases), tuple(taken)


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
