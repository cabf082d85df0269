"""A release as files of one environment: `deploy/<environment>/<name>/`."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.adapters.compiled import compiled
from modelspec.adapters.trees import Files, WorkTree
from modelspec.diagnostics import InputError, TemplateError
from modelspec.plan.digest import file_digest
from modelspec.plan.lock import parse, released_part, sealed_text
from modelspec.spec.default import DEFAULT, LoadedEnvironment
from modelspec.stages.change import Change, bring
from modelspec.stages.templates import Templates

if TYPE_CHECKING:
    from modelspec.spec.default import LoadedEnvironment

FOLDER = "deploy"
LOCK = "release.lock"
_FILE = re.compile(r"[A-Za-z0-9][-A-Za-z0-9_.]*")


def folder(environment: str, name: str) -> str:
    """Where the files of a model in an environment are."""
    return f"{FOLDER}/{environment}/{name}"


def render(
    lock: Mapping[str, Any], environment: LoadedEnvironment, templates: Templates
) -> dict[str, bytes]:
    """A release as files: name to content; the lock comes last.

    Args:
        lock: `spec` and `record` of the release.
        environment: where it is to run.
        templates: that hold there.

    Raises:
        InputError: the lock is not one, or an override does not fit it.
        TemplateError: a template is wrong.
    """
    from modelspec.render.bundle import render as bundle

    artifacts = bundle(lock, environment, templates, compiled())
    files = {artifact.path: artifact.text.encode() for artifact in artifacts}
    digests = {name: file_digest(content) for name, content in files.items()}
    files[LOCK] = sealed_text(lock, digests)
    return files


def place(
    files: Files, where: str, new: Mapping[str, bytes], held: Mapping[str, Any] | None = None
) -> Change:
    """What has to be written for a folder to hold what was rendered, and nothing else of ours.

    The lock is written last: until then the old one still says what is beside it.

    Args:
        files: as they are.
        where: the folder.
        new: name to content.
        held: what its lock holds, if that is known already.
    """
    written = _written(_parsed(files.read(f"{where}/{LOCK}")) if held is None else held)
    names = [*sorted({*written, *new} - {LOCK}), LOCK]
    wanted = {f"{where}/{name}": new.get(name) for name in names}
    return bring(files, wanted, written.values(), free=f"{where}/{LOCK}")


def is_current(root: Path, name: str, lock: Mapping[str, Any], templates: Templates) -> bool:
    """Whether `deploy/default/<name>/` is what this lock renders to.

    False also where it has to be looked at: where there are files of environments.
    """
    if any(root.glob("environments/*.yaml")):
        return False
    files, where = WorkTree(root), folder(DEFAULT.environment.name, name)
    try:
        held = parse(files.read(f"{where}/{LOCK}") or b"")
        if released_part(held) != lock:
            return False
        # Rendered from the lock that is there: it is sealed, and what a tag holds is not.
        return not place(files, where, render(held, DEFAULT, templates), held).files
    except (ValueError, AttributeError, InputError, TemplateError):
        return False


def has_others(root: Path, names: Container[str]) -> bool:
    """Whether there is a lock below `deploy/` but for those of `default` and of these models."""
    above = root / FOLDER
    found = [path for path in above.iterdir() if path.name != "default"] if above.is_dir() else []
    own = above / "default"
    folders = [path for path in own.iterdir() if path.name not in names] if own.is_dir() else []
    return any((path / LOCK).is_file() for path in folders) or any(
        any(path.glob(f"*/{LOCK}")) for path in found
    )


def _parsed(lock: bytes | None) -> Any:
    try:
        return parse(lock or b"{}")
    except ValueError:
        return {}


def _written(lock: Any) -> dict[str, str]:
    """The files that a lock says were rendered beside it, and their digests."""
    try:
        files = lock["files"]
        return {n: str(digest) for n, digest in files.items() if n != LOCK and _FILE.fullmatch(n)}
    except (LookupError, TypeError, AttributeError):
        return {}
