"""`modelspec promote`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelspec.cli.output import row, say, written
from modelspec.cli.words import Force, names_here

if TYPE_CHECKING:
    from modelspec.stages.promote import Promoted


def promote(
    name: Annotated[str, typer.Argument(help="Of the model.", autocompletion=names_here)],
    version: Annotated[str, typer.Argument(help="Of the release, exactly: 1.4.0.")],
    to: Annotated[str, typer.Option("--to", help="The environment.", show_default=False)],
    force: Force = False,  # noqa: FBT002
) -> None:
    """Have an environment run a release: image, line, files."""
    from modelspec.adapters.git import Repository
    from modelspec.stages.apply import locked
    from modelspec.stages.promote import promote as run

    repository = Repository.open(Path.cwd())
    with locked(repository) as store:
        done = run(repository, store, name, version, to, force=force)
    _tell(done, repository.root, to)


def _tell(done: Promoted, root: Path, to: str) -> None:
    name, version = done.release.name, done.release.version
    if not done.written:
        say(f"{name}   {version} runs in {to} already.")
        return
    before = f"{done.before} -> " if done.before not in (None, version) else ""
    say(row("promote", f"{name} {before}{version} in {to}"))
    if done.image:
        sent = f"{done.image.blobs} of {done.image.of} blobs copied, {done.image.size:,} bytes"
        say(row("image", sent if done.image.blobs else "is there"))
    for line in written(done.written, root):
        say(row("write", line))
    say("Commit these files together; git revert of that commit is the way back.")
