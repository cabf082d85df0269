"""The templates that come with modelspec, read from disk."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import modelspec
from modelspec.diagnostics import WorldError

SUFFIX = ".j2"


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
