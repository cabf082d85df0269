"""What `modelspec render` does; without typer, which would cost more than all of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from modelspec.adapters import index
from modelspec.adapters.trees import WorkTree
from modelspec.cli.output import row, say
from modelspec.diagnostics import Diagnostic, OutOfDate
from modelspec.stages.change import Change, write
from modelspec.stages.known import Known
from modelspec.stages.select import ALL, Selection, names_of, worktree
from modelspec.stages.templates import of_worktree
from modelspec.stages.tree import locks, rendered


def run(wanted: Selection, *, check: bool, force: bool) -> None:
    """Write what locks render to, or tell what is not as it should be.

    Raises:
        OutOfDate: with `check`, every file that would change.
    """
    root = _root()
    files = WorkTree(root)
    known = Known(root)
    only = None if wanted == ALL else names_of(wanted, root)
    look = rendered(files, of_worktree(root), lambda: worktree(root), only, known.folders)
    known.keep(look.right)
    change = look.change
    if check:
        _refuse(change)
    else:
        write(root, change, force=force)
    if change.files:
        done = change.files.items()
        say("\n".join(row("remove" if c is None else "render", path) for path, c in done))
    else:
        count = len(locks(files))
        say(f"{count} release.lock, all files are up to date." if count else "no release.lock yet.")


def _root() -> Path:
    """The top of the repository; git is only asked what is wrong where there is none."""
    here = Path.cwd()
    root = index.root_of(str(here))
    if root is None:
        from modelspec.adapters.git import Repository

        return Repository.open(here).root
    return Path(root)


def _refuse(change: Change) -> None:
    """Tell what is out of date."""
    if not change.files:
        return
    *rest, last = (
        Diagnostic(
            f"{path} belongs to no model that runs there"
            if content is None
            else f"{path} is not what its release.lock renders to"
        )
        for path, content in change.files.items()
    )
    raise OutOfDate(*rest, replace(last, hint="modelspec render"))
