"""What several tests of commands begin with."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.released import ENVIRONMENT, released
from tests.stages.work import UP_TO_DATE, Work


@pytest.fixture
def work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Work:
    """A released model; the answer that there is nothing to do is kept."""
    root = tmp_path / "here"
    root.mkdir()
    released(root, "wine")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.chdir(root)
    made = Work(root, capsys, monkeypatch)
    assert UP_TO_DATE in made.says("apply")
    time.sleep(0.02)  # a tick of the disk's clock
    assert UP_TO_DATE in made.says("plan")
    assert made.kept()
    return made
