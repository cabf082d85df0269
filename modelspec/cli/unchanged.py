"""`modelspec apply` and `modelspec plan` when there is nothing to do: almost no imports."""

from __future__ import annotations

import os
import sys
import time

from modelspec.adapters import index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def answered(arguments: Sequence[str]) -> bool:
    """Print that everything is up to date, if that is what the command would find.

    Args:
        arguments: of the command line, without the program.
    """
    if not arguments or arguments[0] not in ("apply", "plan"):
        return False
    began, here = time.monotonic(), os.getcwd()
    command, *words = arguments
    if command == "plan" and "--check" in words:  # says the same where there is nothing to do
        words.remove("--check")
    if any(word.startswith("-") for word in words):
        return False
    root = index.root_of(here)
    found = index.answer(root, index.idle(here, words)) if root else None
    if found is None:
        from pathlib import Path

        from modelspec.stages.unchanged import unchanged

        found = unchanged(Path(here), words)
    if found is None:
        return False
    for name, version in found:
        took = f" ({time.monotonic() - began:.2f} s)" if command == "apply" else ""
        sys.stdout.write(f"{name}   {version} is up to date.{took}\n")
    return True
