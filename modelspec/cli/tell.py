"""What a command found wrong, in the form that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.cli.output import complain, say
from modelspec.diagnostics import Diagnostic, ModelspecError

if TYPE_CHECKING:
    from modelspec.cli.words import Form

Warn = Callable[[Diagnostic], None]


@contextmanager
def telling(form: Form, command: str, base: Path) -> Iterator[Warn]:
    """Tell all that goes wrong while the block runs, in one piece where the form wants that.

    Args:
        form: `text` is told as it comes, and errors by the caller of the command.
        command: its name.
        base: the folder that places in files are relative to.

    Yields:
        What takes a warning.

    Raises:
        SystemExit: with the code of an error that was told.
    """
    if form == "text":
        yield lambda warning: complain(warning.text())
        return
    found: list[Diagnostic] = []
    code = 0
    with _one_object(found) if form == "json" else _on_github(command, found, base):
        try:
            yield found.append
        except ModelspecError as error:
            found += error.diagnostics
            code = error.exit_code
    if code:
        raise SystemExit(code)


@contextmanager
def _one_object(found: Sequence[Diagnostic]) -> Iterator[None]:
    from modelspec.cli.diagnostics_format import as_json

    yield
    say(as_json(found))


@contextmanager
def _on_github(command: str, found: Sequence[Diagnostic], base: Path) -> Iterator[None]:
    """All of it in the log and in the summary, the most important at their lines."""
    from modelspec.adapters import actions
    from modelspec.cli import diagnostics_format as form

    silence, end = form.without_commands(actions.token())
    say(silence)
    try:
        yield
        for diagnostic in form.by_importance(found):
            say(diagnostic.text())
    finally:
        say(end)
    for line in form.workflow_commands(found, actions.folder_in_workspace(base)):
        say(line)
    title = f"modelspec {command}"
    actions.add_to_summary(lambda room: form.summary(title, found, room), form.SUMMARY_BYTES)
    say(f"{title}: {form.count(found)}")
