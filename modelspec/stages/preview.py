"""What apply will write, told before it runs: rendered in memory, compared with the tree."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from modelspec.adapters.trees import Files, Overlaid, WorkTree
from modelspec.diagnostics import Diagnostic, TemplateError
from modelspec.plan.objects import Deployment, deployment
from modelspec.plan.outlook import Outlook
from modelspec.plan.plan import Plan
from modelspec.stages import deploy
from modelspec.stages.promotion import automatic
from modelspec.stages.source import Source
from modelspec.stages.templates import Templates, uncommitted


def outlook(found: Source, plan: Plan, templates: Templates) -> Outlook:
    """A plan with what it writes, and what the user should know.

    Raises:
        TemplateError: what would be rendered is not valid.
    """
    unreadable = (
        Diagnostic(
            f"the tag {tag} is not a release; its number counts as taken", severity="warning"
        )
        for tag in plan.facts.unreadable
    )
    return Outlook(
        plan,
        _deployments(found.repository.root, plan, templates),
        (*found.loaded.warnings, *unreadable),
        (*plan.facts.dirty, *uncommitted(found.repository, found.tree)),
    )


def _deployments(root: Path, plan: Plan, templates: Templates) -> tuple[Deployment, ...]:
    from modelspec.stages.release import foresee

    name = plan.spec.metadata.name
    if plan.found and deploy.is_current(root, name, plan.found.lock(), templates):
        return ()
    lock = (plan.found or foresee(plan)).lock()
    old = WorkTree(root)
    change = automatic(old, templates, {name: lock})
    new = Overlaid(old, change.files)
    made = []
    for folder, paths in groupby(change.files, lambda path: PurePosixPath(path).parent):
        if folder.parts[0] == deploy.FOLDER:
            files = sorted(PurePosixPath(path).name for path in paths)
            before, after = (_objects(tree, str(folder)) for tree in (old, new))
            made.append(deployment(folder.parts[1], files, before, after))
    return tuple(made)


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
