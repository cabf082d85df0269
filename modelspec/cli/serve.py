"""`modelspec serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelspec.cli.output import LiveReport, report, say


def serve(
    name: Annotated[
        str, typer.Argument(help="The name of a model, or the path of its spec; or NAME@VERSION.")
    ],
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Where to listen, on this machine only.")
    ] = 8501,
    grpc_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen for gRPC; 0 for nowhere.")
    ] = 0,
) -> None:
    """Serve the release of HEAD, or another, without a container."""
    from modelspec.serving.contract import PAGE_ROUTE, PREDICT_ROUTE
    from modelspec.stages.serve import image, serve

    shown = report()
    try:
        found, folder = image(Path.cwd(), name, shown)
    finally:
        if isinstance(shown, LiveReport):
            shown.stop()
    here = f"http://127.0.0.1:{port}"
    say(f"{found.name} {found.version} on {here}{PREDICT_ROUTE.format(name=found.name)}")
    say(f"To try it in a browser: {here}{PAGE_ROUTE}")
    raise typer.Exit(serve(folder, port, grpc_port))
