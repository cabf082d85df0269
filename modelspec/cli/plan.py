"""`modelspec plan`."""

from __future__ import annotations

from pathlib import Path

from modelspec.cli.output import complain, say
from modelspec.cli.tell import telling
from modelspec.cli.words import LogFormat, OnlyPinned, Specs


def plan(
    specs: Specs = None,
    only_pinned: OnlyPinned = False,  # noqa: FBT002
    form: LogFormat = "text",
) -> None:
    """Print the steps that apply would run, each with its reason."""
    from modelspec.adapters.git import Repository
    from modelspec.adapters.store import Store
    from modelspec.plan.explain import lines
    from modelspec.stages.apply import plan_of
    from modelspec.stages.facts import every_source
    from modelspec.stages.lock import require_pins
    from modelspec.stages.publish import bring_tags

    repository = Repository.open(Path.cwd())
    with telling(form, "plan", repository.root) as warn:
        idle, committed = True, True
        store = Store(repository.root / ".modelspec")
        sources = every_source(repository, specs or [], worktree=True)
        if only_pinned:
            require_pins(sources)
        for found in sources:
            for warning in found.loaded.warnings:
                warn(warning)
            bring_tags(repository, [found.loaded.spec.metadata.name])
            made = plan_of(found, store)
            for tag in made.facts.unreadable:
                complain(f"warning: the tag {tag} is not a release; its number counts as taken")
            for line in lines(made):
                say(line)
            if made.facts.dirty:
                say(f"  not committed yet: {', '.join(made.facts.dirty)}")
                committed = False
            idle = idle and made.found is not None
        if not idle:
            names = " ".join(specs or [])
            how = "Run it with" if committed else "Commit, then run it with"
            say(f"Nothing was changed. {how}: modelspec apply {names}".rstrip())
