"""`modelspec schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from modelspec.cli.output import say


def schema(
    kind: Annotated[
        Literal["Model", "Project", "Environment"],
        typer.Argument(help="Of model.yaml, modelspec.yaml, or the files in environments/."),
    ] = "Model",
    write: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--write", help="Write that of model.yaml to the top of the repository."),
    ] = False,
) -> None:
    """Print the JSON Schema of the language, for editors."""
    from modelspec.spec.schema import json_schema
    from modelspec.stages.schema import FILE, put

    if write:
        if kind != "Model":
            raise typer.BadParameter("only the schema of model.yaml is written")
        put(Path.cwd())
        say(f"Written to {FILE} at the top of the repository. Commit it.")
        return
    say(json.dumps(json_schema(kind), indent=1))
