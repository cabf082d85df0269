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
from modelspec.plan.objects import Deployment, VersionLine, deployment
from modelspec.plan.outlook import Leaving, Outlook, Outlooks
from modelspec.plan.plan import Plan
from modelspec.spec.default import FOLDER as ENVIRONMENTS
from modelspec.stages import deploy, publish, select
from modelspec.stages.apply import plan_for
from modelspec.stages.change import Change
from modelspec.stages.environments import environments
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
    version = str(plan.version) if plan.version else None
    return Outlook(
        plan,
        tuple(one for _, one in _deployments(tree, change, version)),
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
    yield from (Leaving(model, one) for model, one in _deployments(tree, change, None))


def _deployments(
    old: Files, change: Change, version: str | None
) -> Iterator[tuple[str, Deployment]]:
    """Model and environment of every change; `version` is what the model has afterwards."""
    new = Overlaid(old, change.files)
    lines = _lines(old, new, version) if any(map(_is_environment, change.files)) else {}
    files = dict(_folders(change))
    for where in dict.fromkeys([*files, *lines]):
        _, environment, model = where.parts
        before, after = (_objects(tree, str(where)) for tree in (old, new))
        made = deployment(environment, files.get(where, ()), before, after)
        yield model, replace(made, line=lines.get(where))


def _lines(old: Files, new: Files, version: str | None) -> dict[PurePosixPath, VersionLine]:
    """The version lines that change, by the folder of what is rendered for them."""
    before = {one.environment.name: one.environment.models for one in environments(old)}
    lines = {}
    for one in environments(new):
        name, models = one.environment.name, one.environment.models
        for model in sorted({*before[name], *models}):
            if before[name].get(model) != models.get(model):
                line = VersionLine(f"{ENVIRONMENTS}/{name}.yaml", before[name].get(model), version)
                lines[PurePosixPath(deploy.folder(name, model))] = line
    return lines


def _folders(change: Change) -> Iterator[tuple[PurePosixPath, list[str]]]:
    """The folders of rendered files in which something changes, with the names of those files."""
    paths = (path for path in change.files if not _is_environment(path))
    for folder, inside in groupby(paths, lambda path: PurePosixPath(path).parent):
        yield folder, sorted(PurePosixPath(path).name for path in inside)


def _is_environment(path: str) -> bool:
    return path.startswith(f"{ENVIRONMENTS}/")


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
