"""What is on this machine: looked up without changing anything or reading a secret."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from modelspec.adapters.git_process import NOT_INSTALLED, read
from modelspec.diagnostics import WorldError


def git_version(folder: Path) -> str:
    """What git calls itself, without its name.

    Raises:
        WorldError: if there is none; says how to install it.
    """
    answer = read(folder, "--version")
    if answer.code:
        raise WorldError(NOT_INSTALLED)
    return answer.output.decode("utf-8", "replace").strip().removeprefix("git version ")


def writable(path: Path) -> bool:
    """Whether a folder can be written, or made where it is not there yet."""
    existing = _existing(path)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def free_bytes(path: Path) -> int:
    """Bytes that this user may still write on the disk of a folder that may not be there yet."""
    return shutil.disk_usage(_existing(path)).free


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next((p for p in (path, *path.absolute().parents) if p.exists()), Path("/"))


def logged_in(host: str) -> bool:
    """Whether `docker login` left an entry or a helper for a registry.

    Only the names of registries are looked at: no secret is decoded, no helper is started.
    """
    from docker.auth import convert_to_hostname
    from docker.utils.config import find_config_file

    file = find_config_file()
    try:
        config = json.loads(Path(str(file)).read_bytes()) if file else {}
        names = {*(config.get("auths") or {}), *(config.get("credHelpers") or {})}
    except (OSError, ValueError, AttributeError, TypeError):
        return False
    return host in {convert_to_hostname(name) for name in names}
