"""Arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Specs = Annotated[
    list[str] | None,
    typer.Argument(
        help="Names of models, or paths of specs; none: all of the repository.",
        show_default=False,
        metavar="SPEC",
    ),
]
