"""`modelspec init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelspec.cli.output import complain, say

_SOURCE = """\
  in the file, uses:
    where modelspec is on GitHub for <owner>/<repository>, and for <commit> the
    full id of the commit of it that is to run"""
_REGISTRY = """\
  in the file, registry:
    the host that images are pushed to, once modelspec.yaml names one"""
_SETTINGS = """\
  in the settings of the repository on GitHub:
    the secrets REGISTRY_USERNAME and REGISTRY_PASSWORD, to push images with;
    a rule that lets Actions push to the default branch if that is protected,
    or pull-request: true in the file"""


def _from(value: str) -> str:
    from modelspec.stages.init_github import SOURCE

    if value and not SOURCE.fullmatch(value):
        raise typer.BadParameter("write OWNER/REPOSITORY@COMMIT, the commit with all its 40 digits")
    return value


def init(
    data: Annotated[
        Path | None, typer.Argument(help="A CSV file, one example a row.", show_default=False)
    ] = None,
    *,
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    name: Annotated[str | None, typer.Option(help="The name of the model.")] = None,
    github: Annotated[
        bool, typer.Option("--github", help="Write a workflow of GitHub Actions instead.")
    ] = False,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="With --github: where modelspec is there, as OWNER/REPOSITORY@COMMIT.",
            metavar="SOURCE",
            callback=_from,
        ),
    ] = "",
) -> None:
    """Write a first model.yaml beside a CSV file, from what is in it."""
    if github:
        if data or target or name:
            raise typer.BadParameter("--github reads no data: leave out what is about it")
        _github(source)
        return
    if source:
        raise typer.BadParameter("--from goes with --github")
    if data is None:
        raise typer.BadParameter("name a CSV file, or give --github")
    from modelspec.stages.init import init as write
    from modelspec.stages.schema import FILE

    path, wrong = write(data, target, name)
    say(path.read_text("utf-8").rstrip())
    say("")
    say(f"Written to {path}, with {FILE} for editors.")
    say("Read it, correct it, commit it with the data.")
    if wrong:
        complain("Before it can be trained:")
        for diagnostic in wrong:
            complain(diagnostic.text())
        return
    say("Then: modelspec plan")


def _github(source: str) -> None:
    from modelspec.stages.init_github import WORKFLOW, init_github

    host = init_github(Path.cwd(), source)
    say(f"Written to {WORKFLOW}. Read it, and before you commit it set")
    for to_set in ("" if source else _SOURCE, "" if host else _REGISTRY, _SETTINGS):
        if to_set:
            say(to_set)
