"""Plans that were told on this machine: what each was decided from, to say what moved since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from modelspec.adapters.files import replace_file, user_cache
from modelspec.diagnostics import WorldError
from modelspec.plan.digest import canonical, digest


def remember(basis: Mapping[str, Any]) -> None:
    """Remember what a plan was decided from; that the disk does not allow it is no matter."""
    with suppress(WorldError):
        replace_file(_path(digest(basis)), canonical(basis).encode())


def known(name: str) -> Mapping[str, Any] | None:
    """What the plan of a digest was decided from; None if it was never told here."""
    try:
        found = json.loads(_path(name).read_text("ascii"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and digest(found) == name else None


def _path(digest: str) -> Path:
    return user_cache() / "plans" / f"{digest.removeprefix('sha256:')}.json"
