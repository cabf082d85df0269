from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelspec.cli.app import app

COMMANDS = [found.callback.__name__ for found in app.registered_commands if found.callback]
GROUPS = [str(group.name) for group in app.registered_groups]


def help_of(*words: str) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("modelspec"), *words, "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80"},
        check=True,
        timeout=60,
    )
    return done.stdout


def test_the_list_of_commands_fits_eighty_columns_and_nothing_is_cut_off() -> None:
    text = help_of()
    assert all(f"\n  {command} " in text for command in (*COMMANDS, *GROUPS))
    assert "..." not in text.replace("[ARGS]...", "")
    assert max(map(len, text.split("\n"))) <= 80


@pytest.mark.parametrize("command", [*COMMANDS, *GROUPS])
def test_the_help_of_each_command_fits_eighty_columns(command: str) -> None:
    text = help_of(command)
    assert f"Usage: modelspec {command} " in text
    assert max(map(len, text.split("\n"))) <= 80
