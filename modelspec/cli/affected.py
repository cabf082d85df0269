"""`modelspec affected`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from modelspec.cli.output import say
from modelspec.cli.words import Json, Labels, Owner, Specs, selection


def affected(
    specs: Specs = None,
    *,
    since: Annotated[str, typer.Option(help="A commit: an id, a branch, a tag, HEAD~1.")],
    label: Labels = None,
    owner: Owner = "",
    as_json: Json = False,
) -> None:
    """Print the models whose inputs differ between a commit and HEAD."""
    from modelspec.adapters.git import Repository
    from modelspec.stages.affected import affected as find

    names = find(Repository.open(Path.cwd()), since, selection(specs, label, owner))
    if as_json:
        say(json.dumps({"format_version": 1, "affected": names}))
        return
    for name in names:
        say(name)
