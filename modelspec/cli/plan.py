"""`modelspec plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelspec.cli.output import say
from modelspec.cli.tell import telling
from modelspec.cli.words import Json, Labels, LogFormat, OnlyPinned, Owner, Specs, selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelspec.plan.outlook import Outlook, Outlooks


def plan(
    specs: Specs = None,
    *,
    push: Annotated[bool, typer.Option("--push", help="Plan what apply --push would do.")] = False,
    as_json: Json = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print it for a pull request.")
    ] = False,
    why: Annotated[
        str,
        typer.Option("--why", help="Print all that a step depends on.", metavar="STEP"),
    ] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Exit 7 if there is anything to do.")
    ] = False,
    only_pinned: OnlyPinned = False,
    label: Labels = None,
    owner: Owner = "",
    form: LogFormat = "text",
) -> None:
    """Print the steps that apply would run, each with its reason."""
    from modelspec.adapters.git import Repository
    from modelspec.diagnostics import OutOfDate
    from modelspec.stages.facts import every_source
    from modelspec.stages.lock import require_pins
    from modelspec.stages.preview import outlooks_of
    from modelspec.stages.select import ALL

    _one_output(as_json=as_json, markdown=markdown, why=why, form=form)
    repository = Repository.open(Path.cwd())
    with telling(form, "plan", repository.root) as warn:
        wanted = selection(specs, label, owner)
        sources = every_source(repository, wanted, worktree=True)
        if only_pinned:
            require_pins(sources)
        outlooks = outlooks_of(repository, sources, push=push, everything=wanted == ALL)
        for one in outlooks.models:
            for warning in one.warnings:
                warn(warning)
        if why:
            _say_why(outlooks.models, why)
        else:
            _print(outlooks, str(wanted), push=push, as_json=as_json, markdown=markdown)
        if check and not outlooks.idle:
            names = [one.name for one in outlooks.models if not one.idle]
            names += [one.name for one in outlooks.leaving]
            raise OutOfDate(f"out of date: {', '.join(dict.fromkeys(names))}")


def _one_output(*, form: str, **outputs: Any) -> None:
    names = {"as_json": "--json", "markdown": "--markdown", "why": "--why"}
    chosen = [names[name] for name, wanted in outputs.items() if wanted]
    if len(chosen) > 1:
        raise typer.BadParameter(f"{' and '.join(chosen)} print different things: choose one")
    if chosen and form != "text":
        raise typer.BadParameter(
            f"{chosen[0]} prints that and nothing else: leave out --format {form}, errors are "
            "then on standard error"
        )


def _print(outlooks: Outlooks, wanted: str, *, push: bool, as_json: bool, markdown: bool) -> None:
    if not (as_json or markdown):
        _say_lines(outlooks, f"{wanted} --push".lstrip() if push else wanted)
        return
    from modelspec.adapters.plans import remember
    from modelspec.plan.basis import basis

    plans = [one.plan for one in outlooks.models]
    decided = basis(plans, push=push, everything=outlooks.everything)
    remember(decided)
    if as_json:
        from modelspec.plan.document import document

        say(document(outlooks, decided).model_dump_json(indent=1))
    else:
        from modelspec.cli.plan_markdown import markdown as text
        from modelspec.plan.digest import digest

        say(text(outlooks, digest(decided)))


def _say_why(outlooks: Sequence[Outlook], wanted: str) -> None:
    from modelspec.plan.why import lines

    steps = [(one.plan, step) for one in outlooks for step in one.plan.steps]
    chosen = [(p, step) for p, step in steps if wanted in (step.name, step.rule.stage)]
    if steps and not chosen:
        names = ", ".join(dict.fromkeys(step.name for _, step in steps))
        raise typer.BadParameter(f"there is no step {wanted}; choose one of {names}")
    for made, step in chosen:
        for line in lines(made, step):
            say(line)


def _say_lines(outlooks: Outlooks, words: str) -> None:
    from modelspec.plan.explain import lines, lines_of_leaving

    for one in outlooks.models:
        for line in lines(one):
            say(line)
        if one.uncommitted:
            say(f"  not committed yet: {', '.join(one.uncommitted)}")
    for gone in outlooks.leaving:
        for line in lines_of_leaving(gone):
            say(line)
    if outlooks.uncommitted:
        say(f"Not committed yet: {', '.join(outlooks.uncommitted)}")
    if not outlooks.idle:
        dirty = outlooks.uncommitted or any(one.uncommitted for one in outlooks.models)
        how = "Commit, then run it with" if dirty else "Run it with"
        say(f"Nothing was changed. {how}: modelspec apply {words}".rstrip())
