"""A repository as a user has it, and the console script that works in it."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPT = Path(sys.executable).parent / "modelspec"
SPEC = "models/ripe/model.yaml"
DATA = "models/ripe/fruit.csv"
FILES = ("monitoring.yaml", "release.lock", "serving.yaml")
PATIENCE = 60.0


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    output: str
    errors: str

    @property
    def rows(self) -> list[str]:
        """What was done, in order: the first word of each line about a step."""
        return re.findall(r"^  ([a-z]+) ", self.output.partition("Run ")[0], re.MULTILINE)


@dataclass
class Project:
    """A work tree with specs and data; `environment` is what its commands see."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, code: int = 0, **variables: str) -> Result:
        """Run modelspec and insist on its exit code; no failure may be a traceback."""
        return self.command(str(SCRIPT), *words, code=code, **variables)

    def command(self, *command: str, code: int = 0, **variables: str) -> Result:
        """Run any command here."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        said = f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr, said
        assert done.returncode == code, said
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start modelspec and leave it running, in a session of its own."""
        return subprocess.Popen(
            (str(SCRIPT), *words),
            cwd=self.root,
            env=self.environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def git(self, *words: str, code: int = 0) -> str:
        """What plain git answers."""
        return self.command("git", *words, code=code).output.strip()

    def path(self, name: str) -> Path:
        return self.root / name

    def write(self, name: str, content: str | bytes) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_text("utf-8")
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def commit(self, subject: str = "change") -> str:
        """Commit everything but what modelspec writes; returns the commit."""
        self.git("add", "--all", "--", ".", ":!deploy")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def tags(self) -> list[str]:
        return self.git("tag", "--list", "--sort=version:refname").splitlines()

    def record(self, tag: str) -> dict[str, Any]:
        """The record in a tag, read with git and the standard library alone."""
        text = self.git("cat-file", "tag", tag)
        record: dict[str, Any] = json.loads(text[text.index("\n{\n") :])
        return record

    def lock(self, name: str = "ripe") -> dict[str, Any]:
        content = self.path(f"deploy/default/{name}/release.lock").read_text("utf-8")
        lock: dict[str, Any] = json.loads(content)["record"]
        return lock

    def entries(self) -> dict[str, tuple[int, int]]:
        """Inode and time of every file that a finished step left in the cache."""
        return _marks(self.root / ".modelspec" / "cache", self.root)

    def deployed(self) -> dict[str, tuple[int, int]]:
        """Inode and time of every rendered file."""
        return _marks(self.root / "deploy", self.root)

    def state(self) -> dict[str, Any]:
        """All that apply could change, except for the lock file."""
        return {
            "refs": self.git("for-each-ref"),
            "objects": _marks(self.root / ".git" / "objects", self.root),
            "cache": self.entries(),
            "releases": _marks(self.root / ".modelspec" / "releases", self.root),
            "deploy": self.deployed(),
            "status": self.git("status", "--short"),
        }

    def leftovers(self) -> list[Path]:
        """Files that no finished step owns."""
        return [*self.root.glob(".modelspec/tmp/*"), *self.root.glob("deploy/**/.*")]

    def clone(self, target: Path, *options: str) -> Project:
        """Clone this repository to another folder; its remote is this one."""
        subprocess.run(
            ("git", "clone", "-q", *options, str(self.root), str(target)),
            env=self.environment,
            check=True,
            timeout=PATIENCE,
        )
        made = Project(target, self.environment)
        made.lay_bases(self.root / ".modelspec" / "bases")
        return made

    def copy(self, target: Path) -> Project:
        """All of it, cache included. The bytes of steps are linked: nothing ever changes them."""
        shutil.copytree(self.root, target, symlinks=True, copy_function=_copy)
        return Project(target, self.environment)

    def lay_bases(self, folder: Path) -> None:
        """Have the archive of the base image here, as a user would put it."""
        (self.root / ".modelspec").mkdir(exist_ok=True)
        if folder.exists():
            (self.root / ".modelspec" / "bases").symlink_to(folder.resolve())

    def forget(self, *steps: str) -> None:
        """Take back the release, and these steps with it: as before they were made."""
        for tag in self.tags():
            self.git("tag", "-d", tag)
        shutil.rmtree(self.root / "deploy", ignore_errors=True)
        shutil.rmtree(self.root / ".modelspec" / "releases", ignore_errors=True)
        for step in steps:
            shutil.rmtree(self.root / ".modelspec" / "cache" / step)

    def hook(self, name: str, script: str) -> None:
        path = self.root / ".git" / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


def _copy(source: str, target: str) -> str:
    if "/.modelspec/cache/" in source or "/.modelspec/releases/" in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)
    return target


def _marks(folder: Path, root: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(root)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def kept(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether everything there was is still there, untouched."""
    return bool(before) and {name: after.get(name) for name in before} == before


def steps(entries: Mapping[str, Any]) -> set[str]:
    """The steps that have entries in the cache."""
    return {name.split("/")[2] for name in entries}


@contextmanager
def on_a_terminal(project: Project, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """modelspec on a terminal: the process, and where its output can be read."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        (str(SCRIPT), *words),
        cwd=project.root,
        env=project.environment | {"TERM": "xterm", "COLUMNS": "100"},
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        assert process.stderr is not None
        process.stderr.close()


def read_until(terminal: int, pattern: str) -> str:
    """Read what appears on a terminal until it matches."""
    seen = ""
    end = time.monotonic() + PATIENCE
    while not re.search(pattern, seen):
        assert time.monotonic() < end, seen[-500:]
        seen += os.read(terminal, 4096).decode("utf-8", "replace")
    return seen
