"""`modelspec status`."""

from __future__ import annotations

from pathlib import Path

from modelspec.cli.output import say
from modelspec.cli.words import Specs


def status(specs: Specs = None) -> None:
    """Print each model's release, and whether it is out of date."""
    from modelspec.adapters.git import Repository
    from modelspec.plan.plan import make_plan
    from modelspec.stages.facts import each_source, gather

    repository = Repository.open(Path.cwd())
    for found in each_source(repository, specs or []):
        plan = make_plan(found.loaded.spec, gather(found))
        name = plan.spec.metadata.name
        latest = plan.previous.version if plan.previous else "no release"
        state = (
            f"{plan.found.version}  up to date, from {plan.found.commit[:7]}"
            if plan.found
            else f"{latest}  out of date: run modelspec apply {name}"
        )
        dirty = "  (with uncommitted changes)" if plan.facts.dirty else ""
        say(f"{name}  {state}{dirty}")
