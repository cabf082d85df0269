"""A repository with a released model, what modelspec says in it, and what can change in it."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from modelspec import __main__ as entry
from modelspec.adapters import index
from modelspec.plan.tags import message, parse
from tests.released import git

UP_TO_DATE = "wine   1.0.0 is up to date."
SPEC, DATA = "models/wine/model.yaml", "models/wine/wine.csv"
RENDERED = "deploy/default/wine/serving.yaml"


class Work:
    """A repository, and what modelspec says in it."""

    def __init__(
        self,
        root: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.root = root
        self.monkeypatch = monkeypatch
        self._capsys = capsys

    def says(self, *words: str) -> str:
        """The exit code, and all that is printed; durations left out."""
        code = entry._run(list(words))
        said = self._capsys.readouterr()
        return re.sub(r" \([0-9.]+ s\)", "", f"{code}\n{said.out}{said.err}")

    def kept(self) -> bool:
        """Whether an answer is kept that still holds."""
        return index.answer(str(self.root), index.idle("", [])) is not None

    def forget(self) -> None:
        shutil.rmtree(self.root / ".modelspec")

    def path(self, name: str) -> Path:
        return self.root / name

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_text("utf-8")
        assert old in text
        self.path(name).write_text(text.replace(old, new, 1))

    def commit(self) -> None:
        git(self.root, "add", "models")
        git(self.root, "commit", "-q", "--allow-empty", "-m", "change")


def same_size_and_time(work: Work) -> None:
    path = work.path(SPEC)
    before = path.stat()
    work.edit(SPEC, "epochs: 300", "epochs: 301")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def another_release(work: Work) -> None:
    said = git(work.root, "cat-file", "tag", "wine/v1.0.0").partition("\n\n")[2]
    record = parse(said.encode())
    assert record
    file = work.root / ".git" / "message"
    file.write_bytes(message("wine 1.0.1", {**record, "version": "1.0.1"}))
    git(work.root, "tag", "-a", "--cleanup=verbatim", "-F", str(file), "wine/v1.0.1", "HEAD")


def edited_and_committed(work: Work) -> None:
    work.edit(SPEC, "epochs: 300", "epochs: 301")
    work.commit()


def another_head(work: Work) -> None:
    edited_and_committed(work)
    git(work.root, "checkout", "-q", "HEAD~1")
    assert UP_TO_DATE in work.says("plan")
    time.sleep(0.02)
    assert UP_TO_DATE in work.says("plan")
    git(work.root, "checkout", "-q", "main")
