"""What clusters should run, as files: `deploy/<environment>/<name>/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.adapters import rendered
from modelspec.adapters.files import replace_file
from modelspec.diagnostics import Diagnostic, InputError, Location
from modelspec.plan.lock import lock_text
from modelspec.stages.templates import Templates, of_worktree

if TYPE_CHECKING:
    from modelspec.plan.release import Release

ENVIRONMENT = "default"
LOCK = "release.lock"


def render(release: Release, templates: Templates) -> dict[str, str]:
    """The lock of a release and the objects rendered from it: file name to text.

    Raises:
        TemplateError: before anything is written.
    """
    lock = release.lock()
    files = files_of(lock, ENVIRONMENT, templates)
    rendered.remember(rendered.key(lock_text(lock), ENVIRONMENT, templates), files)
    return files


def files_of(lock: Mapping[str, Any], environment: str, templates: Templates) -> dict[str, str]:
    """The files of one environment's folder for a lock, itself among them: name to text.

    Raises:
        TemplateError: a template cannot be rendered, or what it renders is not valid.
    """
    from modelspec.render.bundle import render as bundle

    artifacts = bundle(lock, environment, templates)
    return {**{a.path: a.text for a in artifacts}, LOCK: lock_text(lock)}


def put(root: Path, name: str, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Write rendered files into `deploy/default/<name>/`; returns those that changed."""
    return _written(root / "deploy" / ENVIRONMENT / name, files)


def write(root: Path, release: Release, templates: Templates) -> tuple[Path, ...]:
    """Make `deploy/default/<name>/` name this release; returns the files that changed."""
    return (
        ()
        if is_current(root, release.name, release.lock(), templates)
        else put(root, release.name, render(release, templates))
    )


def is_current(root: Path, name: str, lock: Mapping[str, Any], templates: Templates) -> bool:
    """Whether `deploy/default/<name>/` is known to be what this lock renders to."""
    known = rendered.known(rendered.key(lock_text(lock), ENVIRONMENT, templates))
    return known is not None and _all_are(root / "deploy" / ENVIRONMENT / name, known)


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
    made: dict[Path, dict[str, str]] = {}
    templates = of_worktree(root)
    for path in locks(root):
        folder, shown = path.parent, path.relative_to(root).as_posix()
        try:
            made[folder] = files_of(_read(root, path), folder.parent.name, templates)
        except InputError as error:
            place = Location(shown, 1, 1)
            problems = (replace(d, location=d.location or place) for d in error.diagnostics)
            raise InputError(*problems) from None
    bring = _differing if check else _written
    return tuple(path for folder, files in made.items() for path in bring(folder, files))


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


def _differing(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    return tuple(
        folder / name
        for name, text in files.items()
        if not _is(folder / name, rendered.digest(text.encode()))
    )


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and rendered.digest(path.read_bytes()) == digest


def _all_are(folder: Path, known: Mapping[str, str]) -> bool:
    return all(_is(folder / name, digest) for name, digest in known.items())
