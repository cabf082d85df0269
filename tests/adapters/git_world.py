"""Real repositories to test on: a work tree, bare remotes, clones, hooks."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from modelspec.adapters.git import Repository
from modelspec.plan.tags import message

SPEC = "models/churn/model.yaml"
DATA = "models/churn/data.csv"
REF = "refs/tags/churn/v1.0.0"


def git(folder: Path, *arguments: str, feed: bytes = b"", check: bool = True) -> str:
    """What plain git answers, as a person at the keyboard would see it."""
    done = subprocess.run(
        ("git", *arguments), cwd=folder, input=feed, capture_output=True, check=False
    )
    if check and done.returncode:
        raise AssertionError(done.stderr.decode())
    return done.stdout.decode().strip()


def text(version: str = "1.0.0", *, published: bool = True, inputs: str = "a") -> bytes:
    """The message of a release's tag."""
    record = {"record": 1, "version": version, "published": published, "inputs": inputs}
    return message(f"churn {version}\n\nOn 10 test rows: fine.", record)


def refs(folder: Path) -> dict[str, str]:
    """Every ref of a repository."""
    listing = git(folder, "for-each-ref", "--format=%(refname) %(objectname)")
    return dict(line.split(" ") for line in listing.splitlines())


def tags_of(folder: Path) -> dict[str, str]:
    """Every tag of a repository."""
    return {ref: oid for ref, oid in refs(folder).items() if ref.startswith("refs/tags/")}


@dataclass
class World:
    """`here` is a repository with the files of one model committed."""

    folder: Path

    def __post_init__(self) -> None:
        self.here = self.folder / "here"
        self.here.mkdir()
        git(self.here, "init", "-q", "-b", "main")
        self.write(SPEC, "name: churn\n")
        self.write(DATA, "a,b\n1,2\n")
        self.first = self.commit("first")

    @property
    def repository(self) -> Repository:
        return Repository.open(self.here)

    def write(self, path: str, content: str | bytes) -> Path:
        file = self.here / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, subject: str) -> str:
        git(self.here, "add", "-A")
        git(self.here, "commit", "-q", "--allow-empty", "-m", subject)
        return git(self.here, "rev-parse", "HEAD")

    def add_remote(self, name: str = "origin") -> Path:
        """A bare repository that has `main`, as a remote of `here`."""
        bare = self.folder / f"{name}.git"
        git(self.folder, "init", "-q", "--bare", "-b", "main", str(bare))
        git(self.here, "remote", "add", name, bare.as_uri())
        git(self.here, "push", "-q", name, "main")
        return bare

    def clone(self, name: str, *options: str, remote: str = "origin") -> Repository:
        source = (self.folder / f"{remote}.git").as_uri()
        git(self.folder, "clone", "-q", *options, source, name)
        return Repository.open(self.folder / name)


def hook(repository: Path, name: str, script: str) -> None:
    """Make a hook of a repository; `repository` may be bare."""
    folder = repository if repository.suffix == ".git" else repository / ".git"
    file = folder / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    file.chmod(0o755)


def tag(world: World, name: str, content: bytes) -> None:
    """An annotated tag on HEAD, as a person makes one."""
    git(world.here, "tag", "-a", "--cleanup=verbatim", "-F", "-", name, "HEAD", feed=content)
