"""`modelspec init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelspec.cli.output import say


def init(
    data: Annotated[Path, typer.Argument(help="A CSV file, one example a row.")],
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    name: Annotated[str | None, typer.Option(help="The name of the model.")] = None,
) -> None:
    """Write a first model.yaml beside a CSV file, from what is in it."""
    from modelspec.stages.init import init as write

    path = write(data, target, name)
    say(path.read_text("utf-8").rstrip())
    say("")
    say(f"Written to {path}. Read it, correct it, commit it with the data.")
    say("Then: modelspec plan")
