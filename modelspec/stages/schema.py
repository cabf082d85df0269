"""The JSON Schema of the language as a file of the repository, where editors find it.

A path works for a team and without a network; an address would need a server that answers for
every version of the language.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from modelspec.adapters.files import replace_file

FILE = ".modelspec.schema.json"


def put(folder: Path) -> Path:
    """Write the schema of `model.yaml` at the top of the repository of a folder.

    Outside of a repository it is written into the folder.

    Raises:
        WorldError: if the disk does not allow it.
    """
    folder = folder.resolve()
    above = (one for one in (folder, *folder.parents) if (one / ".git").exists())
    path = next(above, folder) / FILE
    replace_file(path, text().encode())
    return path


def text() -> str:
    """The schema of this version."""
    from modelspec.spec.schema import json_schema

    return json.dumps(json_schema("Model"), indent=1) + "\n"


def line(schema: Path, folder: Path) -> str:
    """The comment by which a file in a folder names its schema to editors."""
    path = Path(os.path.relpath(schema, folder.resolve())).as_posix()
    return f"# yaml-language-server: $schema={path}"
