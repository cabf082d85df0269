"""What apply will write, told before it runs: rendered in memory, compared with the tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelspec.diagnostics import Diagnostic, TemplateError
from modelspec.plan.objects import Deployment, deployment
from modelspec.plan.outlook import Outlook
from modelspec.plan.plan import Plan
from modelspec.stages import deploy
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

    name, environment = plan.spec.metadata.name, deploy.ENVIRONMENT
    if plan.found and deploy.is_current(root, name, plan.found.lock(), templates):
        return ()
    lock = (plan.found or foresee(plan)).lock()
    new = deploy.files_of(lock, environment, templates)
    old = _texts(root / "deploy" / environment / name, new)
    changed = [file for file in new if old.get(file) != new[file]]
    if not changed:
        return ()
    return (deployment(environment, sorted(changed), _objects(old), _objects(new)),)


def _texts(folder: Path, names: Iterable[str]) -> dict[str, str]:
    files = ((name, folder / name) for name in names)
    return {name: path.read_text("utf-8", "replace") for name, path in files if path.is_file()}


def _objects(texts: Mapping[str, str]) -> list[Any]:
    """The objects in rendered files; a file that somebody broke has none."""
    from modelspec.render.reader import documents

    found: list[Any] = []
    for name, text in texts.items():
        if name != deploy.LOCK:
            try:
                found += documents(name, text)
            except TemplateError:
                continue
    return found
