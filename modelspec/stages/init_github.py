"""Write the workflow that has GitHub Actions plan and apply a repository."""

from __future__ import annotations

import re
from pathlib import Path

from modelspec.adapters.files import replace_file
from modelspec.adapters.git import Repository
from modelspec.adapters.templates import as_it_is
from modelspec.diagnostics import WorldError
from modelspec.spec.project import FILE, load_project

WORKFLOW = ".github/workflows/modelspec.yml"
SOURCE = re.compile(r"([A-Za-z0-9-]+/[A-Za-z0-9._-]+)@([0-9a-f]{40})")


def init_github(start: Path, source: str) -> str:
    """Write the caller of the workflow that comes with modelspec.

    Args:
        start: the current folder, in a repository.
        source: `owner/repository@commit`, where modelspec is on GitHub; empty: to be filled in.

    Returns:
        The host of the registry that images are pushed to; empty if there is none.

    Raises:
        WorldError: if there is no repository, or the file exists already.
        InputError: if `modelspec.yaml` is wrong.
    """
    root = Repository.open(start).root
    path = root / WORKFLOW
    if path.exists():
        raise WorldError(f"{WORKFLOW} exists already: remove it, or edit it")
    host = _registry(root)
    text = as_it_is("github/modelspec.yml").replace('registry: ""', f'registry: "{host}"')
    if match := SOURCE.fullmatch(source):
        text = text.replace("<owner>/<repository>", match[1]).replace("<commit>", match[2])
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text.encode())
    return host


def _registry(root: Path) -> str:
    try:
        content = (root / FILE).read_bytes()
    except FileNotFoundError:
        return ""
    return (load_project(content, FILE).registry or "").partition("/")[0]
