"""`modelspec apply` and `modelspec plan` when there is nothing to do: no typer, no pydantic."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path


def answered(arguments: Sequence[str]) -> bool:
    """Print that everything is up to date, if that is what the command would find.

    Args:
        arguments: of the command line, without the program.
    """
    if not arguments or arguments[0] not in ("apply", "plan"):
        return False
    if any(word.startswith("-") for word in arguments):
        return False
    from modelspec.stages.unchanged import unchanged

    began = time.monotonic()
    found = unchanged(Path.cwd(), arguments[1:])
    if found is None:
        return False
    for name, version in found:
        took = f" ({time.monotonic() - began:.2f} s)" if arguments[0] == "apply" else ""
        sys.stdout.write(f"{name}   {version} is up to date.{took}\n")
    return True
