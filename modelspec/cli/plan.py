"""`modelspec plan`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from modelspec.cli.words import Json, Labels, LogFormat, OnlyPinned, Owner, Specs, selection


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
    from modelspec.cli.planning import Ways, run

    _one_output(as_json=as_json, markdown=markdown, why=why, form=form)
    ways = Ways(push=push, as_json=as_json, markdown=markdown, why=why, check=check, form=form)
    run(selection(specs, label, owner), ways, only_pinned=only_pinned)


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
