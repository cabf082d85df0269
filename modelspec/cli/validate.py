"""`modelspec validate`."""

from __future__ import annotations

from pathlib import Path

from modelspec.cli.output import say
from modelspec.cli.tell import telling
from modelspec.cli.words import Format, Labels, Owner, Specs, selection


def validate(
    specs: Specs = None, label: Labels = None, owner: Owner = "", form: Format = "text"
) -> None:
    """Check what people write, and print every mistake with its line."""
    from modelspec.diagnostics import Diagnostic, InputError
    from modelspec.stages.validate import validated

    here = Path.cwd()
    with telling(form, "validate", here) as warn:
        problems: list[Diagnostic] = []
        for checked in validated(here, selection(specs, label, owner)):
            problems += checked.problems
            for warning in checked.warnings:
                warn(warning)
            if form == "text" and not checked.problems:
                say(f"{checked.path}: ok")
        if problems:
            raise InputError(*problems)
