"""What a lock was rendered to before, on this machine: so that nothing is rendered twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import modelspec
from modelspec.adapters.files import replace_file, user_cache
from modelspec.diagnostics import WorldError

# All code that a rendered byte can depend on.
_ROOMS = ("render", "plan", "spec", "serving")
_MODULES = ("diagnostics.py", "stages/templates.py", "stages/deploy.py")


def key(lock: str, environment: str, templates: Mapping[str, str]) -> str:
    """What rendering is a function of: the lock, the environment, templates and this code."""
    state = hashlib.sha256()
    versions = (modelspec.__version__, version("jinja2"), version("pyyaml"))
    for text in (
        lock,
        environment,
        *versions,
        *(part for pair in sorted(templates.items()) for part in pair),
    ):
        state.update(f"{len(text)}\n{text}".encode())
    package = Path(modelspec.__file__).parent
    code = [p for room in _ROOMS for p in (package / room).glob("*.py")]
    for path in sorted((*code, *(package / name for name in _MODULES))):
        content = path.read_bytes()
        state.update(f"{path.name} {len(content)}\n".encode() + content)
    return state.hexdigest()


def known(key: str) -> Mapping[str, str] | None:
    """File name to digest of what was rendered under this key; None if it never was."""
    try:
        found = json.loads(_path(key).read_text("ascii"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def remember(key: str, files: Mapping[str, bytes]) -> None:
    """Remember what was rendered: file name to content. A full or read-only disk is no matter."""
    try:
        known = json.dumps({name: digest(content) for name, content in files.items()})
        replace_file(_path(key), known.encode())
    except WorldError:
        return


def digest(content: bytes) -> str:
    """Of the bytes of a file."""
    return hashlib.sha256(content).hexdigest()


def _path(key: str) -> Path:
    return user_cache() / "rendered" / key[:2] / f"{key[2:]}.json"
