"""A repository with an example that is released, made in a moment: nothing is trained."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modelspec.adapters.templates import builtin
from modelspec.plan.plan import inputs_digest
from modelspec.plan.release import Release
from modelspec.plan.tags import message
from modelspec.spec.default import DEFAULT
from modelspec.spec.load import load
from modelspec.stages.deploy import render
from tests import golden

ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}
"""As on a machine where nobody configured git."""


def git(root: Path, *words: str) -> str:
    """What plain git answers."""
    done = subprocess.run(
        ["git", *words], cwd=root, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def committed(root: Path, name: str) -> Path:
    """Make a repository in an empty folder, with the spec and the data of an example."""
    folder = root / "models" / name
    folder.mkdir(parents=True)
    example = golden.EXAMPLES / name
    for path in (example / "model.yaml", *example.glob("*.csv")):
        shutil.copy(path, folder)
    git(root, "init", "-q", "-b", "main")
    (root / ".gitignore").write_text("/.modelspec/\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", f"Add {name}")
    return root


def released(root: Path, name: str) -> Path:
    """The same, with the tag that its sample lock stands for, and with the rendered files."""
    committed(root, name)
    release = tagged(root, name)
    folder = root / "deploy" / "default" / name
    folder.mkdir(parents=True)
    for file, content in render(release.lock(), DEFAULT, builtin()).items():
        (folder / file).write_bytes(content)
    return root


def tagged(root: Path, name: str, reference: str | None = None, **changes: Any) -> Release:
    """Tag HEAD with a release of what it has of an example: bytes of the sample, its own spec.

    Args:
        root: of the repository.
        name: of the example.
        reference: of the image in a registry.
        changes: of the record, such as `version` and `published`.
    """
    made = _release(root, name)
    image = made.image.model_copy(update={"reference": reference})
    release = made.model_copy(update={"image": image, **changes})
    text = root / ".git" / "message"
    text.write_bytes(message(f"{name} {release.version}", release.model_dump(mode="json")))
    git(root, "tag", "-a", "--cleanup=verbatim", "-F", str(text), release.tag)
    return release


def _release(root: Path, name: str) -> Release:
    lock = json.loads(golden.produced(name)[golden.EXAMPLES / name / "release.lock"])
    spec = load(git(root, "show", f"HEAD:models/{name}/model.yaml").encode(), "model.yaml").spec
    paths = {file: f"models/{name}/{file}" for file in ("model.yaml", spec.data.source)}
    blobs = {file: git(root, "rev-parse", f"HEAD:{path}") for file, path in paths.items()}
    return Release.model_validate(
        {
            **lock["record"],
            "spec": spec.canonical(),
            "commit": git(root, "rev-parse", "HEAD"),
            "sources": {path: blobs[file] for file, path in paths.items()},
            "inputs": inputs_digest(spec, {spec.data.source: blobs[spec.data.source]}, {}),
        }
    )


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
