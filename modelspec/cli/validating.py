"""What `modelspec validate` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.cli.output import say
from modelspec.cli.tell import telling
from modelspec.diagnostics import Diagnostic, InputError
from modelspec.stages.select import Selection
from modelspec.stages.validate import validated

if TYPE_CHECKING:
    from modelspec.cli.words import Form


def run(wanted: Selection, form: Form = "text") -> None:
    """Check files and tell what is wrong with them.

    Raises:
        InputError: every mistake, if it is to be told as text.
    """
    here = Path.cwd()
    with telling(form, "validate", here) as warn:
        problems: list[Diagnostic] = []
        for checked in validated(here, wanted):
            problems += checked.problems
            for warning in checked.warnings:
                warn(warning)
            if form == "text" and not checked.problems:
                say(f"{checked.path}: ok")
        if problems:
            raise InputError(*problems)
