"""`modelspec plan`."""

from __future__ import annotations

from pathlib import Path

from modelspec.cli.output import complain, say
from modelspec.cli.words import Specs


def plan(specs: Specs = None) -> None:
    """Print the steps that apply would run, each with its reason. Changes nothing."""
    from modelspec.adapters.git import Repository
    from modelspec.adapters.store import Store
    from modelspec.plan.explain import lines
    from modelspec.stages.apply import plan_of
    from modelspec.stages.facts import each_source
    from modelspec.stages.publish import bring_tags

    repository = Repository.open(Path.cwd())
    store = Store(repository.root / ".modelspec")
    idle = True
    for found in each_source(repository, specs or [], worktree=True):
        for warning in found.loaded.warnings:
            complain(warning.text())
        bring_tags(repository, [found.loaded.spec.metadata.name])
        made = plan_of(found, store)
        for tag in made.facts.unreadable:
            complain(f"warning: the tag {tag} is not a release; its number counts as taken")
        for line in lines(made):
            say(line)
        if made.facts.dirty:
            say(f"  not committed yet: {', '.join(made.facts.dirty)}")
        idle = idle and made.found is not None
    if not idle:
        names = " ".join(specs or [])
        say(f"Nothing was changed. Run it with: modelspec apply {names}".rstrip())
