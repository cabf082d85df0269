"""`modelspec doctor`."""

from __future__ import annotations

from pathlib import Path

import typer

from modelspec.cli.output import say

NAME, STATE, FOUND = 10, 10, 54


def doctor() -> None:
    """Say what this machine has and lacks, and how to get it."""
    from modelspec.diagnostics import WorldError
    from modelspec.plan.columns import fold
    from modelspec.stages.doctor import examine

    missing = 0
    for finding in examine(Path.cwd()):
        missing += finding.state == "missing"
        lines = fold(finding.found, FOUND)
        if finding.fix:
            lines += fold(f"fix: {finding.fix}", FOUND)
        for number, line in enumerate(lines):
            name, state = ("", "") if number else (finding.name, finding.state)
            say(f"{name:<{NAME}}  {state:<{STATE}}  {line}".rstrip())
    if missing:
        raise typer.Exit(WorldError.exit_code)
