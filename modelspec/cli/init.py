"""`modelspec init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelspec.cli.output import complain, say


def init(
    data: Annotated[Path, typer.Argument(help="A CSV file, one example a row.")],
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    name: Annotated[str | None, typer.Option(help="The name of the model.")] = None,
) -> None:
    """Write a first model.yaml beside a CSV file, from what is in it."""
    from modelspec.stages.init import init as write
    from modelspec.stages.schema import FILE

    path, wrong = write(data, target, name)
    say(path.read_text("utf-8").rstrip())
    say("")
    say(f"Written to {path}, with {FILE} for editors.")
    say("Read it, correct it, commit it with the data.")
    if wrong:
        complain("Before it can be trained:")
        for diagnostic in wrong:
            complain(diagnostic.text())
        return
    say("Then: modelspec plan")
