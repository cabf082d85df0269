"""`modelspec plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelspec.cli.output import say
from modelspec.cli.tell import telling
from modelspec.cli.words import Json, LogFormat, OnlyPinned, Specs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelspec.plan.outlook import Outlook


def plan(
    specs: Specs = None,
    only_pinned: OnlyPinned = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
    markdown: Annotated[  # noqa: FBT002
        bool, typer.Option("--markdown", help="Print it for a pull request.")
    ] = False,
    check: Annotated[  # noqa: FBT002
        bool, typer.Option("--check", help="Exit 7 if there is anything to do.")
    ] = False,
    form: LogFormat = "text",
) -> None:
    """Print the steps that apply would run, each with its reason."""
    from modelspec.adapters.git import Repository
    from modelspec.adapters.store import Store
    from modelspec.diagnostics import OutOfDate
    from modelspec.stages.apply import plan_of
    from modelspec.stages.facts import every_source
    from modelspec.stages.lock import require_pins
    from modelspec.stages.preview import outlook
    from modelspec.stages.publish import bring_tags
    from modelspec.stages.templates import of_worktree

    repository = Repository.open(Path.cwd())
    with telling(form, "plan", repository.root) as warn:
        templates = of_worktree(repository.root)
        store = Store(repository.root / ".modelspec")
        outlooks: list[Outlook] = []
        sources = every_source(repository, specs or [], worktree=True)
        if only_pinned:
            require_pins(sources)
        for found in sources:
            bring_tags(repository, [found.loaded.spec.metadata.name])
            outlooks.append(outlook(found, plan_of(found, store), templates))
            for warning in outlooks[-1].warnings:
                warn(warning)
        _print(outlooks, specs or [], as_json=as_json, markdown=markdown)
        if check and not all(one.idle for one in outlooks):
            names = ", ".join(one.name for one in outlooks if not one.idle)
            raise OutOfDate(f"out of date: {names}")


def _print(
    outlooks: Sequence[Outlook], specs: Sequence[str], *, as_json: bool, markdown: bool
) -> None:
    if as_json:
        from modelspec.plan.document import document

        say(document(outlooks, push=False).model_dump_json(indent=1))
    elif markdown:
        from modelspec.cli.plan_markdown import markdown as text
        from modelspec.plan.outlook import basis, basis_digest

        say(text(outlooks, basis_digest(basis([one.plan for one in outlooks], push=False))))
    else:
        _say_lines(outlooks, " ".join(specs))


def _say_lines(outlooks: Sequence[Outlook], names: str) -> None:
    from modelspec.plan.explain import lines

    for one in outlooks:
        for line in lines(one):
            say(line)
        if one.uncommitted:
            say(f"  not committed yet: {', '.join(one.uncommitted)}")
    if not all(one.idle for one in outlooks):
        dirty = any(one.uncommitted for one in outlooks)
        how = "Commit, then run it with" if dirty else "Run it with"
        say(f"Nothing was changed. {how}: modelspec apply {names}".rstrip())
