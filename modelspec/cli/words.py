"""Arguments that several commands share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from modelspec.stages.select import Selection

Form = Literal["text", "json", "github"]


def names_here(incomplete: str) -> list[str]:
    """Names of the models below this folder, for a shell that completes a word."""
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
        help="Names of models, paths of specs, folders, patterns; none: all.",
        show_default=False,
        metavar="SPEC",
        autocompletion=names_here,
    ),
]


def _labels(values: list[str] | None) -> list[str]:
    for value in values or []:
        if not re.fullmatch(r"[^=!,\s]+(!?=[^=!,\s]*)?", value):
            raise typer.BadParameter(f"{value}: write KEY=VALUE, KEY!=VALUE, or KEY alone")
    return values or []


Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        help="Only models with this label: KEY, KEY=VALUE or KEY!=VALUE; several: with all.",
        metavar="LABEL",
        callback=_labels,
        show_default=False,
    ),
]

Owner = Annotated[str, typer.Option("--owner", help="Only models of this owner.")]


def selection(specs: list[str] | None, labels: list[str] | None, owner: str) -> Selection:
    """What a user asked for."""
    from modelspec.stages.select import Selection

    return Selection(tuple(specs or ()), tuple(labels or ()), owner)


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
