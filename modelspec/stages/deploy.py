"""What clusters should run, as files: `deploy/<environment>/<name>/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelspec.adapters.files import replace_file
from modelspec.adapters.templates import builtin
from modelspec.diagnostics import Diagnostic, InputError, Location
from modelspec.plan.release import Release, lock_text

ENVIRONMENT = "default"
LOCK = "release.lock"


def render(release: Release) -> dict[str, str]:
    """The lock of a release and the objects rendered from it: file name to text.

    Raises:
        TemplateError: before anything is written.
    """
    return _rendered(release.lock(), ENVIRONMENT)


def write(root: Path, release: Release) -> tuple[Path, ...]:
    """Make `deploy/default/<name>/` name this release; returns the files that changed."""
    files = render(release)
    folder = root / "deploy" / ENVIRONMENT / release.name
    return _written(folder, files)


def locks(root: Path) -> list[Path]:
    """Every `release.lock` of the work tree, in order."""
    return sorted((root / "deploy").glob(f"*/*/{LOCK}"))


def from_locks(root: Path, *, check: bool) -> tuple[Path, ...]:
    """Render the objects of every lock in the tree again.

    Args:
        root: of the repository.
        check: only tell which files would change.

    Returns:
        The files that changed, or would.

    Raises:
        InputError: a lock that is not one, with its place.
        TemplateError: before anything is written.
    """
    made = {
        path.parent: _rendered(_read(root, path), path.parent.parent.name) for path in locks(root)
    }
    changed: list[Path] = []
    for folder, files in made.items():
        if check:
            changed += [folder / n for n, text in files.items() if _differs(folder / n, text)]
        else:
            changed += _written(folder, files)
    return tuple(changed)


def _rendered(lock: Mapping[str, Any], environment: str) -> dict[str, str]:
    from modelspec.render.bundle import render as bundle

    artifacts = bundle(lock, environment, builtin())
    return {**{a.path: a.text for a in artifacts}, LOCK: lock_text(lock)}


def _written(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """The lock is written last: until then the old one still describes what lies beside it."""
    order = sorted(files, key=lambda name: (name == LOCK, name))
    return tuple(
        folder / name for name in order if replace_file(folder / name, files[name].encode())
    )


def _read(root: Path, path: Path) -> dict[str, Any]:
    shown = path.relative_to(root).as_posix()
    hint = "take it from the tag again: modelspec apply"
    try:
        lock = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        line = getattr(error, "lineno", 1)
        column = getattr(error, "colno", 1)
        raise InputError(
            Diagnostic("this lock is not readable", Location(shown, line, column), hint)
        ) from None
    if not isinstance(lock, dict) or not {"spec", "record"} <= lock.keys():
        raise InputError(
            Diagnostic("this lock has no spec and record", Location(shown, 1, 1), hint)
        )
    return lock


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_bytes() != text.encode()
