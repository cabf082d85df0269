"""`modelspec validate`."""

from __future__ import annotations

from pathlib import Path

from modelspec.cli.output import say
from modelspec.cli.tell import telling
from modelspec.cli.words import Format, Specs


def validate(specs: Specs = None, form: Format = "text") -> None:
    """Check specs and print every mistake with its line. Reads the work tree."""
    from modelspec.diagnostics import Diagnostic, InputError
    from modelspec.stages.lock import read
    from modelspec.stages.select import WorktreeFiles, select, worktree

    here = Path.cwd()
    with telling(form, "validate", here) as warn:
        paths = select(
            specs or [],
            here,
            WorktreeFiles(here),
            worktree(here),
            lambda p: (here / p).read_bytes(),
        )
        problems: list[Diagnostic] = []
        for path in paths:
            try:
                loaded, _ = read(here, path)
            except InputError as error:
                problems += error.diagnostics
                continue
            for warning in loaded.warnings:
                warn(warning)
            if form == "text":
                say(f"{path}: ok")
        if problems:
            raise InputError(*problems)
