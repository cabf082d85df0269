"""The command line: words in, words and an exit code out; decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from modelspec import __version__
from modelspec.cli import (
    affected,
    apply,
    doctor,
    init,
    lock,
    plan,
    promote,
    render,
    schema,
    serve,
    status,
    templates,
    validate,
)
from modelspec.cli.output import warn_of_slow_parser

app = typer.Typer(
    name="modelspec",
    help="A declarative GitOps compiler for machine-learning models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(value: bool) -> None:  # noqa: FBT001  (typer's way of calling)
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001, FBT002  (typer calls `_version` with it)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A declarative GitOps compiler for machine-learning models."""
    if context.invoked_subcommand not in ("doctor", "render"):
        warn_of_slow_parser()


COMMANDS: tuple[Callable[..., None], ...] = (
    init.init,
    validate.validate,
    plan.plan,
    apply.apply,
    lock.lock,
    promote.promote,
    render.render,
    status.status,
    serve.serve,
    affected.affected,
    schema.schema,
    doctor.doctor,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(templates.app, name="templates")
