"""What apply will write, told before it runs: rendered in memory, compared with the tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from modelspec.adapters.git import Repository
from modelspec.adapters.store import Store
from modelspec.adapters.trees import CommitTree, Files, Overlaid, WorkTree
from modelspec.diagnostics import Diagnostic, TemplateError
from modelspec.plan.objects import Deployment, deployment
from modelspec.plan.outlook import Leaving, Outlook, Outlooks
from modelspec.plan.plan import Plan
from modelspec.stages import deploy, publish, select
from modelspec.stages.apply import plan_for
from modelspec.stages.change import Change
from modelspec.stages.finish import removal
from modelspec.stages.promotion import automatic, left_behind
from modelspec.stages.source import Source
from modelspec.stages.templates import Templates, of_worktree, uncommitted


def outlooks_of(
    repository: Repository, sources: Sequence[Source], *, push: bool, everything: bool
) -> Outlooks:
    """Plans with what they write, and what the user should know.

    Args:
        repository: whose work tree is read, as far as it differs from HEAD.
        sources: specs in it.
        push: whether to plan what `apply --push` does.
        everything: whether these are all models, so that what others left goes.

    Raises:
        TemplateError: what would be rendered is not valid.
        WorldError: git, or with `push` the remote, does not allow it.
    """
    commit = sources[0].commit.oid if sources else repository.head().oid
    tree = sources[0].tree if sources else repository.entries(commit).files
    names = [found.loaded.spec.metadata.name for found in sources]
    publish.bring_tags(repository, names, push=push)
    templates = of_worktree(repository.root)
    store = Store(repository.root / ".modelspec")
    found = (_outlook(one, store, templates, push=push) for one in sources)
    changed = uncommitted(repository, tree)
    models = (replace(one, uncommitted=(*one.uncommitted, *changed)) for one in found)
    if not everything:
        return Outlooks(tuple(models), commit=commit)
    there = select.worktree(repository.root)
    lost = sorted({*select.committed_specs(list(tree))} - {*there})
    leaving = _leaving(CommitTree(repository, tree), names, there, templates, push=push)
    return Outlooks(
        tuple(models), tuple(leaving), commit=commit, everything=True, uncommitted=tuple(lost)
    )


def _outlook(found: Source, store: Store, templates: Templates, *, push: bool) -> Outlook:
    repository, committed = found.repository, CommitTree(found.repository, found.tree)
    target = publish.target(repository, found.tree, push=push)
    plan = plan_for(found, store, target)
    tree = committed if publish.delivers(target, committed) else WorkTree(repository.root)
    change = _change(tree, plan, templates, target)
    said = [
        f"the tag {tag} is not a release; its number counts as taken"
        for tag in plan.facts.unreadable
    ]
    # Their first lines: the rest is what differs, which stands in the plan as objects.
    said += [edited.message.partition(":\n")[0] for edited in change.edited]
    warnings = (Diagnostic(text, severity="warning") for text in said)
    return Outlook(
        plan,
        tuple(_deployment(tree, change, *one) for one in _folders(change)),
        (*found.loaded.warnings, *warnings),
        plan.facts.dirty,
        target.sends,
    )


def _change(tree: Files, plan: Plan, templates: Templates, target: publish.Target) -> Change:
    """What apply will have written in the end."""
    from modelspec.stages.release import foresee

    name = plan.spec.metadata.name
    registry = target.registry if target.push else ""
    lock = (plan.found or foresee(plan, registry)).lock()
    return automatic(tree, templates, {name: lock}, push=target.push)


def _leaving(
    committed: CommitTree,
    names: Sequence[str],
    specs: Sequence[str],
    templates: Templates,
    *,
    push: bool,
) -> Iterator[Leaving]:
    """What is removed, because nothing asks for it any more."""
    here = WorkTree(committed.repository.root)
    tree: Files = here
    target = publish.target(committed.repository, committed.blobs, push=push)
    if publish.delivers(target, committed):
        tree = committed
        left = left_behind(tree, names, here, lambda: specs)
        change = automatic(tree, templates, left, push=True)
    else:
        change = removal(tree, names, here, lambda: specs, templates)
    for folder, paths in _folders(change):
        yield Leaving(folder.name, _deployment(tree, change, folder, paths))


def _folders(change: Change) -> Iterator[tuple[PurePosixPath, list[str]]]:
    """The folders of rendered files in which something changes, with the names of those files."""
    for folder, paths in groupby(change.files, lambda path: PurePosixPath(path).parent):
        if folder.parts[0] == deploy.FOLDER:
            yield folder, sorted(PurePosixPath(path).name for path in paths)


def _deployment(old: Files, change: Change, folder: PurePosixPath, files: list[str]) -> Deployment:
    new = Overlaid(old, change.files)
    before, after = (_objects(tree, str(folder)) for tree in (old, new))
    return deployment(folder.parts[1], files, before, after)


def _objects(files: Files, folder: str) -> list[Any]:
    """The objects in the files of a folder; a file that somebody broke has none."""
    from modelspec.render.reader import documents

    found: list[Any] = []
    for path in files.matching(f"{folder}/*.yaml"):
        try:
            found += documents(path, (files.read(path) or b"").decode("utf-8", "replace"))
        except TemplateError:
            continue
    return found
