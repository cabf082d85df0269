"""`modelspec templates`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelspec.cli.output import say

app = typer.Typer(
    help="See and override the templates of what is rendered.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="Such as kubernetes/serving.yaml.j2.", show_default=False),
]


@app.command("list")
def list_() -> None:
    """Print every template, its blocks, and whether this repository overrides it."""
    from modelspec.adapters.git import Repository
    from modelspec.plan.columns import fold
    from modelspec.stages.templates import listing

    for found in listing(Repository.open(Path.cwd()).root):
        say(f"{found.name}   {found.state}")
        for line in fold(", ".join(found.blocks), 70) if found.blocks else ():
            say(f"  {line}")


@app.command()
def show(name: Name) -> None:
    """Print a template as it comes with modelspec."""
    from modelspec.stages.templates import show as text_of

    say(text_of(name).rstrip("\n"))


@app.command()
def copy(name: Name) -> None:
    """Put a template where this repository can edit it."""
    from modelspec.adapters.git import Repository
    from modelspec.stages.templates import copy as put

    root = Repository.open(Path.cwd()).root
    path = put(root, name).relative_to(root)
    say(f"Written to {path}. Edit it, then: modelspec render")
