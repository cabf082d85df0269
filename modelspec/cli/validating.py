"""What `modelspec validate` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.cli.output import say
from modelspec.cli.tell import telling
from modelspec.diagnostics import Diagnostic, InputError, TemplateError
from modelspec.stages.select import Selection
from modelspec.stages.validate import validated

TEMPLATES = ("templates", "builtin/")

if TYPE_CHECKING:
    from modelspec.cli.words import Form


def run(wanted: Selection, form: Form = "text") -> None:
    """Check files and tell what is wrong with them.

    Raises:
        InputError: every mistake, if it is to be told as text.
        TemplateError: the same, where all of them are in templates.
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
            files = (one.location.file if one.location else "" for one in problems)
            rendered = all(file.startswith(TEMPLATES) for file in files)
            raise (TemplateError if rendered else InputError)(*problems)
