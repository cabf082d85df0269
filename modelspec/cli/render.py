"""`modelspec render`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelspec.cli.output import row, say


def render(
    check: Annotated[  # noqa: FBT002
        bool, typer.Option("--check", help="Write nothing; exit 7 if a file is out of date.")
    ] = False,
) -> None:
    """Render the objects of every release.lock in this tree again."""
    from modelspec.adapters.git import Repository
    from modelspec.diagnostics import Diagnostic, OutOfDate
    from modelspec.stages.deploy import from_locks, locks

    root = Repository.open(Path.cwd()).root
    changed = [path.relative_to(root) for path in from_locks(root, check=check)]
    if check and changed:
        raise OutOfDate(
            *(
                Diagnostic(f"{path} is not what its release.lock renders to")
                for path in changed[:-1]
            ),
            Diagnostic(
                f"{changed[-1]} is not what its release.lock renders to", hint="modelspec render"
            ),
        )
    for path in changed:
        say(row("render", str(path)))
    if not changed:
        count = len(locks(root))
        say(f"{count} release.lock, all files are up to date." if count else "no release.lock yet.")
