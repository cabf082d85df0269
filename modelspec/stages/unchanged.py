"""The answer when there is nothing to do, found without the heavy imports.

If every file that a release was made from is in HEAD as it was then, byte for byte, its inputs
are those of HEAD, and no spec has to be read. Whatever is not as simple as that is left to
`apply` and `plan` themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modelspec.adapters.git import Repository
from modelspec.adapters.index import idle
from modelspec.diagnostics import TemplateError
from modelspec.plan.lock import lock_of
from modelspec.plan.pins import lock_path
from modelspec.plan.tags import Version, parse
from modelspec.stages import deploy, select, templates
from modelspec.stages.watch import Watch

Record = Mapping[str, Any]


def unchanged(start: Path, words: Sequence[str]) -> list[tuple[str, str]] | None:
    """Name and version of the releases that the selected specs have, if nothing is to be done.

    Args:
        start: a folder of the repository.
        words: names of models, or paths of specs called `model.yaml`; none: all there are.

    Returns:
        None if something is to be done, or this short way cannot tell.

    Raises:
        WorldError: no repository, no commits, or git fails.
    """
    repository = Repository.open(start)
    watch = Watch(repository)
    tree = repository.tree(repository.head().oid)
    specs = select.committed_specs(list(tree))
    if not specs or specs != sorted(select.worktree(repository.root)):
        return None
    found = _releases(repository, tree, specs)
    if found is None:
        return None
    chosen = _chosen(repository.root, found, words)
    if chosen is None:
        return None
    sources = {path for record in chosen for path in record["sources"]}
    if repository.changed(sorted({*sources, *map(lock_path, specs)})):
        return None
    names = {record["name"] for record in found.values()}
    if not _are_current(repository, tree, chosen) or deploy.has_others(repository.root, names):
        return None
    answer = [(record["name"], record["version"]) for record in chosen]
    watch.keep(idle(str(start), words), answer, sources)
    return answer


def _are_current(repository: Repository, tree: Mapping[str, str], chosen: Sequence[Record]) -> bool:
    """Whether what is rendered is what the commit's templates, and they alone, make of these."""
    try:
        if templates.uncommitted(repository, tree):
            return False
        held = templates.texts(templates.committed(repository, tree))
    except TemplateError:
        return False
    return all(deploy.is_current(repository.root, r["name"], lock_of(r), held) for r in chosen)


def _releases(
    repository: Repository, tree: Mapping[str, str], specs: Sequence[str]
) -> dict[str, Record] | None:
    """Of every spec the latest release, published ones first, that was made from just its files."""
    found: dict[str, tuple[tuple[bool, Version], Record]] = {}
    for tag in repository.tags():
        record = parse(tag.message)
        sources = (record or {}).get("sources")
        if record is None or not isinstance(sources, dict) or record.get("name") != tag.name:
            continue
        if any(tree.get(path) != blob for path, blob in sources.items()):
            continue
        if any(lock_path(path) in tree.keys() - sources for path in sources.keys() & set(specs)):
            continue  # a lock was added since
        rank = (record.get("published") is True, tag.version)
        for path in sources.keys() & set(specs):
            if path not in found or found[path][0] < rank:
                found[path] = rank, record
    names = {record["name"] for _, record in found.values()}
    if len(found) < len(specs) or len(names) < len(specs):
        return None
    return {path: record for path, (_, record) in sorted(found.items())}


def _chosen(root: Path, found: Mapping[str, Record], words: Sequence[str]) -> list[Record] | None:
    if not words:
        return list(found.values())
    named = {record["name"]: record for record in found.values()}
    chosen = []
    for word in words:
        here = Path(word)
        inside = here.is_file() and here.resolve().is_relative_to(root.resolve())
        path = here.resolve().relative_to(root.resolve()).as_posix() if inside else ""
        record = found.get(path) or named.get(word)
        if record is None:
            return None
        chosen.append(record)
    return chosen
