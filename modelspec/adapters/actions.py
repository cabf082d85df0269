"""A job of GitHub Actions, as its environment describes it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from modelspec.adapters.files import wrap_os_errors


def folder_in_workspace(folder: Path) -> str:
    """A folder relative to the checkout, which annotations name files in; empty at its top.

    Also empty outside of any, where there is nothing to be relative to.
    """
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if not workspace:
        return ""
    try:
        relative = folder.resolve().relative_to(Path(workspace).resolve()).as_posix()
    except ValueError:
        return ""
    return "" if relative == "." else relative


def add_to_summary(text: Callable[[int], str], most: int) -> None:
    """Append to the summary of this step, if there is one.

    Args:
        text: gives the text for so many bytes of room.
        most: bytes of the whole summary, with what the step wrote before.

    Raises:
        WorldError: if the file cannot be written.
    """
    named = os.environ.get("GITHUB_STEP_SUMMARY")
    if not named:
        return
    path = Path(named)
    with wrap_os_errors(path), path.open("ab") as file:
        file.write(text(most - file.tell()).encode())


def token() -> str:
    """A word that nobody guesses, for `stop-commands`."""
    return f"modelspec-{secrets.token_hex(16)}"
