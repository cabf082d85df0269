"""`modelspec status`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelspec.cli.output import say
from modelspec.cli.words import Json, Labels, Owner, Specs, selection

if TYPE_CHECKING:
    from modelspec.plan.plan import Plan


def status(
    specs: Specs = None,
    *,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="Only models that apply would release.")
    ] = False,
    label: Labels = None,
    owner: Owner = "",
    as_json: Json = False,
) -> None:
    """Print each model's release, and whether it is out of date."""
    from modelspec.adapters.git import Repository
    from modelspec.plan.plan import make_plan
    from modelspec.stages.facts import each_source, gather

    repository = Repository.open(Path.cwd())
    sources = each_source(repository, selection(specs, label, owner))
    plans = (make_plan(found.loaded.spec, gather(found)) for found in sources)
    shown = (plan for plan in plans if not (outdated and plan.found))
    if as_json:
        models = [_entry(plan) for plan in shown]
        say(json.dumps({"format_version": 1, "models": models}, indent=1))
        return
    for plan in shown:
        say(_line(plan))


def _entry(plan: Plan) -> dict[str, Any]:
    """`version` is that of HEAD's inputs, or else the latest; null without a release."""
    release = plan.found or plan.previous
    return {
        "name": plan.spec.metadata.name,
        "spec": plan.facts.spec_path,
        "version": release.version if release else None,
        "commit": release.commit if release else None,
        "up_to_date": plan.found is not None,
        "uncommitted": list(plan.facts.dirty),
    }


def _line(plan: Plan) -> str:
    name = plan.spec.metadata.name
    latest = plan.previous.version if plan.previous else "no release"
    state = (
        f"{plan.found.version}  up to date, from {plan.found.commit[:7]}"
        if plan.found
        else f"{latest}  out of date: run modelspec apply {name}"
    )
    dirty = "  (with uncommitted changes)" if plan.facts.dirty else ""
    return f"{name}  {state}{dirty}"
