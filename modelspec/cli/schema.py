"""`modelspec schema`."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from modelspec.cli.output import say


def schema(
    kind: Annotated[
        Literal["Model", "Project", "Environment"],
        typer.Argument(help="Of model.yaml, modelspec.yaml, or the files in environments/."),
    ] = "Model",
) -> None:
    """Print the JSON Schema of the language, for editors."""
    from modelspec.spec.schema import json_schema

    say(json.dumps(json_schema(kind), indent=1))
