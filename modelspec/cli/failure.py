"""Failures in words: what the user did wrong, or a report of what we did."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from pathlib import Path

from modelspec import __version__
from modelspec.cli.output import complain
from modelspec.diagnostics import ModelspecError, WorldError, in_order


def explain(error: BaseException) -> int:
    """Print an error for people; returns the exit code.

    A bug of ours goes into a report file, and its path is printed.
    """
    if isinstance(error, ModelspecError):
        for diagnostic in in_order(error.diagnostics):
            complain(diagnostic.text())
        return error.exit_code
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("modelspec"):
        complain(f"{error.name} is not installed, and this command needs it")
        complain("  hint: pip install 'modelspec[train]'")
        return WorldError.exit_code
    with tempfile.NamedTemporaryFile(
        "w", prefix="modelspec-report-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(f"modelspec {__version__}, Python {platform.python_version()}\n")
        file.write(f"command: {sys.argv[1:]}\n\n")
        file.write("".join(traceback.format_exception(error)))
    complain(f"modelspec failed: {type(error).__name__}. This is a bug of modelspec.")
    complain(f"  hint: please report it with this file: {Path(file.name)}")
    return 1
