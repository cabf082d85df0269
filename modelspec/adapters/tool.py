"""The files that this tool itself is made of."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import modelspec
from modelspec.adapters import templates

_LIBRARIES = ("jinja2", "markupsafe", "pydantic", "pydantic_core", "yaml")
"""Libraries that what is read or rendered can depend on; an upgrade replaces all their files."""


def files() -> Iterator[Path]:
    """Code and templates of modelspec, and a file of each library; not those of the image."""
    yield from Path(modelspec.__file__).parent.rglob("*.py")
    yield from templates.folder().rglob(f"*{templates.SUFFIX}")
    for name in _LIBRARIES:
        found = find_spec(name)
        if found and found.origin:
            yield Path(found.origin)
