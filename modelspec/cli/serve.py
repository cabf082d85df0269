"""`modelspec serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelspec.cli.output import say


def serve(
    name: Annotated[str, typer.Argument(help="The name of a model, or the path of its spec.")],
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Where to listen, on this machine only.")
    ] = 8501,
) -> None:
    """Serve the release of HEAD here, without a container."""
    from modelspec.stages.serve import released, serve

    found = released(Path.cwd(), name)
    say(f"{found.name} {found.version} on http://127.0.0.1:{port}/v1/models/{found.name}:predict")
    raise typer.Exit(serve(Path.cwd(), found, port))
