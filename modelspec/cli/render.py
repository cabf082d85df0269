"""`modelspec render`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from modelspec.cli.output import row, say
from modelspec.cli.words import Force, Labels, Owner, Specs, selection


def render(
    specs: Specs = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 7 if a file is out of date.")
    ] = False,
    force: Force = False,
    label: Labels = None,
    owner: Owner = "",
) -> None:
    """Write the objects of every release.lock in the work tree again. Reads nothing but files."""
    from modelspec.adapters.git import Repository
    from modelspec.adapters.trees import WorkTree
    from modelspec.diagnostics import Diagnostic, OutOfDate
    from modelspec.stages.change import write
    from modelspec.stages.select import ALL, names_of, worktree
    from modelspec.stages.templates import of_worktree
    from modelspec.stages.tree import locks, rendered

    root = Repository.open(Path.cwd()).root
    files = WorkTree(root)
    wanted = selection(specs, label, owner)
    only = None if wanted == ALL else names_of(wanted, root)
    change = rendered(files, of_worktree(root), lambda: worktree(root), only)
    if check and change.files:
        *rest, last = (
            Diagnostic(
                f"{path} belongs to no model that runs there"
                if content is None
                else f"{path} is not what its release.lock renders to"
            )
            for path, content in change.files.items()
        )
        raise OutOfDate(*rest, replace(last, hint="modelspec render"))
    if not check:
        for path in write(root, change, force=force):
            say(row("render" if path.exists() else "remove", str(path.relative_to(root))))
    if not change.files:
        count = len(locks(files))
        say(f"{count} release.lock, all files are up to date." if count else "no release.lock yet.")
