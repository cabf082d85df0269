"""The base image, as the local engine has it or as an archive on disk."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.adapters import archive
from modelspec.diagnostics import Diagnostic, WorldError

if TYPE_CHECKING:
    from modelspec.adapters.engine import Engine

ENVIRONMENT = "MODELSPEC_BASE_ARCHIVE"
_MINOR = re.compile(r"(?<![\d.])3\.\d+")


@dataclass(frozen=True, slots=True)
class Base:
    """An image to put layers on.

    Attributes:
        name: as the spec has it.
        id: digest of its config.
        config: of it: `architecture`, `os`, `config`, `rootfs`.
        archive: where its layers are on disk; None: only the engine has them.
    """

    name: str
    id: str
    config: Mapping[str, Any]
    archive: Path | None = None

    @property
    def python(self) -> str:
        """MAJOR.MINOR of its Python: PYTHON_VERSION of its environment, else from its name.

        Raises:
            WorldError: if neither tells.
        """
        variables = (self.config.get("config") or {}).get("Env") or []
        told = next((v for v in variables if v.startswith("PYTHON_VERSION=")), self.name)
        match = _MINOR.search(told.partition("@")[0])
        if not match:
            raise WorldError(
                Diagnostic(
                    f"the base image {self.name} does not say which Python it has",
                    hint="set PYTHON_VERSION in it, or take one such as python:3.11-slim-bookworm",
                )
            )
        return match[0]


def find(image: str, root: Path, engine: Engine | None) -> Base | None:
    """The base, from the archive that MODELSPEC_BASE_ARCHIVE names, the engine, or the disk.

    Args:
        image: as the spec has it.
        root: of the repository; archives lie in its `.modelspec/bases/`.
        engine: None if there is none.

    Raises:
        WorldError: if there is an archive that cannot be read, or the engine fails.
    """
    if named := os.environ.get(ENVIRONMENT):
        return from_archive(image, Path(named))
    return (from_engine(image, engine) if engine else None) or from_disk(image, root)


def require(image: str, root: Path, engine: Engine | None) -> Base:
    """The base as `find` has it, or else pulled by the engine.

    Raises:
        WorldError: if it cannot be had.
    """
    found = find(image, root, engine)
    if found is None and engine is not None:
        engine.pull(image)
        found = from_engine(image, engine)
    if found is None:
        raise WorldError(
            Diagnostic(
                f"the base image {image} is not here, and without an engine it cannot be pulled",
                hint=f"docker save {image} -o .modelspec/bases/{file_name(image)} elsewhere, and "
                f"bring that file here; or name one in {ENVIRONMENT}",
            )
        )
    return found


def file_name(image: str) -> str:
    """The name of an archive on disk that holds an image."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", image) + ".tar"


def from_disk(image: str, root: Path) -> Base | None:
    """The base from `.modelspec/bases/`. Raises as `find`."""
    path = root / ".modelspec" / "bases" / file_name(image)
    return from_archive(image, path) if path.exists() else None


def from_archive(image: str, path: Path) -> Base:
    """The base from a docker archive or an OCI layout. Raises as `find`."""
    with archive.opened(path) as found:
        return Base(image, found.id, found.config, path)


def from_engine(image: str, engine: Engine) -> Base | None:
    """The base as the engine has it."""
    about = engine.inspect(image)
    if about is None:
        return None
    config = {
        "architecture": about["Architecture"],
        "os": about["Os"],
        "variant": about.get("Variant") or "",
        "config": about.get("Config") or {},
        "rootfs": {"diff_ids": list(about["RootFS"]["Layers"])},
    }
    return Base(image, about["Id"], config, None)
