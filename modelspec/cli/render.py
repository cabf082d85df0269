"""`modelspec render`."""

from __future__ import annotations

from typing import Annotated

import typer

from modelspec.cli.words import Force, Labels, Owner, Specs, selection


def render(
    specs: Specs = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 7 if a file is out of date.")
    ] = False,
    force: Force = False,
    label: Labels = None,
    owner: Owner = "",
) -> None:
    """Write the objects of every release.lock in the work tree again. Reads nothing but files."""
    from modelspec.cli.rendering import run

    run(selection(specs, label, owner), check=check, force=force)
