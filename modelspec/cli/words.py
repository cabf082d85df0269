"""Arguments that several commands share."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Form = Literal["text", "json", "github"]


def names_here(incomplete: str) -> list[str]:
    """Names of the models below this folder, for a shell that completes a word."""
    import re
    from pathlib import Path

    from modelspec.spec.load import name_of
    from modelspec.stages.select import worktree

    try:
        names = {name_of(Path(path).read_bytes()) for path in worktree(Path.cwd())}
    except OSError:
        return []
    # The shell puts it on the command line: nothing that means something to a shell.
    known = (name for name in names if name and re.fullmatch(r"[a-z][-a-z0-9]*", name))
    return sorted(name for name in known if name.startswith(incomplete))


Specs = Annotated[
    list[str] | None,
    typer.Argument(
        help="Names of models, or paths of specs; none: all of the repository.",
        show_default=False,
        metavar="SPEC",
        autocompletion=names_here,
    ),
]

Format = Annotated[Form, typer.Option("--format", help="How problems are printed.")]

LogFormat = Annotated[
    Literal["text", "github"],
    typer.Option("--format", help="How errors are printed: github also annotates their lines."),
]

OnlyPinned = Annotated[
    bool, typer.Option("--locked", help="Refuse what model.lock does not pin: base image, data.")
]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

Force = Annotated[
    bool, typer.Option("--force", help="Also undo what was edited by hand in rendered files.")
]
