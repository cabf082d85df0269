"""`modelspec lock`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelspec.cli.output import complain, row, say
from modelspec.cli.words import Labels, Owner, Specs, selection


def lock(
    specs: Specs = None,
    upgrade: Annotated[
        str, typer.Option(help="Look up anew what is pinned: base, data, or base,data.")
    ] = "",
    label: Labels = None,
    owner: Owner = "",
) -> None:
    """Pin in model.lock what git cannot hold: base image and data."""
    from modelspec.adapters.git import Repository
    from modelspec.stages.lock import KINDS
    from modelspec.stages.lock import lock as run

    kinds = {word.strip() for word in upgrade.split(",") if word.strip()}
    if unknown := sorted(kinds - {*KINDS}):
        raise typer.BadParameter(f"{', '.join(unknown)}: there are {' and '.join(KINDS)}")
    root = Repository.open(Path.cwd()).root
    wanted = selection(specs, label, owner)
    changed = []
    for made in run(root, wanted, kinds, lambda text: complain(f"warning: {text}")):
        if not made.changes:
            say(f"{made.name}   {made.path} is up to date.")
            continue
        changed.append(made.path)
        say(f"{made.name}   {made.path}")
        for change in made.changes:
            say(row("pin", change))
    if changed:
        say(f"Commit it with the spec: git add {' '.join(changed)}")
