"""Repositories of many released models, made in a moment: one real release, told of each."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelspec.plan.lock import lock_text
from modelspec.plan.plan import inputs_digest
from modelspec.plan.release import Release
from modelspec.plan.tags import message
from modelspec.spec.model import ModelSpec
from tests import golden
from tests.released import ENVIRONMENT, git

MODELSPEC = Path(sys.executable).with_name("modelspec")
EXAMPLE = "wine"


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a tree: its files, as they are committed."""

    name: str
    spec: str
    data: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """Path to content."""
        folder = f"models/{self.name}"
        return {f"{folder}/model.yaml": self.spec.encode(), f"{folder}/wine.csv": self.data}


def build(root: Path, count: int) -> Path:
    """A repository of that many released models: rendered files committed, tags packed."""
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "gc.auto", "0")  # nothing may tidy up beside a measurement
    (root / ".gitignore").write_text("/.modelspec/\n")
    models = list(_models(count))
    for model in models:
        for path, content in model.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
    _commit(root, "Models")
    commit = git(root, "rev-parse", "HEAD")
    lock = json.loads((golden.EXAMPLES / EXAMPLE / "release.lock").read_text("utf-8"))
    releases = [release(model, lock, commit) for model in models]
    _tag(root, releases)
    for made in releases:
        put_lock(root, made)
    subprocess.run([MODELSPEC, "render"], cwd=root, check=True, stdout=subprocess.DEVNULL)
    _commit(root, "Their files")
    git(root, "pack-refs", "--all")
    return root


def put_lock(root: Path, made: Release) -> None:
    """Write the lock of a release, and nothing else."""
    folder = root / "deploy" / "default" / made.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "release.lock").write_text(lock_text(made.lock()))


def release(model: Model, lock: dict[str, Any], commit: str) -> Release:
    """The release of the example, as if this model had been made in this commit."""
    record, spec = lock["record"], dict(lock["spec"])
    spec["metadata"] = {**spec["metadata"], "name": model.name}
    sources = {path: _blob(content) for path, content in model.files.items()}
    data = {"wine.csv": sources[f"models/{model.name}/wine.csv"]}
    said = {
        **record,
        "name": model.name,
        "spec": spec,
        "commit": commit,
        "sources": sources,
        "inputs": inputs_digest(ModelSpec.from_canonical(spec), data, {}),
        "image": {**record["image"], "tag": record["image"]["tag"].replace(EXAMPLE, model.name)},
    }
    return Release.model_validate(said)


def _models(count: int) -> Iterator[Model]:
    folder = golden.EXAMPLES / EXAMPLE
    spec, data = (folder / "model.yaml").read_text("utf-8"), (folder / "wine.csv").read_bytes()
    for number in range(count):
        name = f"{EXAMPLE}-{number:04}"
        yield Model(name, spec.replace(f"name: {EXAMPLE}\n", f"name: {name}\n"), data)


def _tag(root: Path, releases: list[Release]) -> None:
    """All tags by one process of git."""
    stream = bytearray()
    for made in releases:
        said = message(f"{made.name} {made.version}", made.model_dump(mode="json"))
        who = b"tagger Ada <ada@example.org> 1700000000 +0000\n"
        stream += f"tag {made.tag}\nfrom {made.commit}\n".encode() + who
        stream += b"data %d\n" % len(said) + said + b"\n"
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=root, env=ENVIRONMENT, input=stream, check=True
    )


def _commit(root: Path, subject: str) -> None:
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", subject)


def _blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324
