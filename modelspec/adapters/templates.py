"""Templates, read from disk: those that come with modelspec, and those of a work tree."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import modelspec
from modelspec.diagnostics import Diagnostic, Location, TemplateError, WorldError

SUFFIX = ".j2"
FOLDER = "templates"


def folder() -> Path:
    """Where they are: in a wheel inside the package, in a checkout beside it."""
    here = Path(modelspec.__file__).parent
    packed = here / "_templates"
    return packed if packed.is_dir() else here.parent / "templates"


@cache
def builtin() -> dict[str, str]:
    """Every template: its path below the folder, such as `kubernetes/serving.yaml.j2`, to its text.

    Raises:
        WorldError: if they are missing or cannot be read.
    """
    root = folder()
    try:
        found = {
            path.relative_to(root).as_posix(): path.read_text("utf-8")
            for path in sorted(root.rglob(f"*{SUFFIX}"))
        }
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"the templates of modelspec cannot be read: {error}") from None
    if not found:
        raise WorldError("the templates of modelspec are missing: install it again")
    return found


def as_it_is(name: str) -> str:
    """A file beside the templates that is copied rather than rendered.

    Raises:
        WorldError: if it is missing or cannot be read.
    """
    try:
        return (folder() / name).read_text("utf-8")
    except OSError as error:
        raise WorldError(f"the templates of modelspec cannot be read: {error}") from None


def own(root: Path) -> dict[str, bytes]:
    """The templates in the folder `templates/` of a work tree: path from its root to content.

    Raises:
        TemplateError: a symbolic link, or what is no file; nothing outside is ever read.
        WorldError: one that cannot be read.
    """
    try:
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in _own(root)}
    except OSError as error:
        raise WorldError(f"cannot read {error.filename}: {error.strerror}") from None


def _own(root: Path) -> Iterator[Path]:
    top = root / FOLDER
    if top.is_symlink():
        raise refused(FOLDER, "a symbolic link")
    for folder, folders, files in os.walk(top):
        for name in sorted((*folders, *files)):
            path = Path(folder, name)
            if path.is_symlink():
                raise refused(path.relative_to(root).as_posix(), "a symbolic link")
            if name in files and name.endswith(SUFFIX):
                if not path.is_file():
                    raise refused(path.relative_to(root).as_posix(), "no regular file")
                yield path


def refused(path: str, what: str) -> TemplateError:
    """The error for what is not read as a template."""
    return TemplateError(
        Diagnostic(
            f"templates are files of this repository itself, and this is {what}",
            Location(path, 1, 1),
            "put the file itself there",
        )
    )
