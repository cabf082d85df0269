"""The base image, as the local engine has it or as an archive on disk."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.adapters import archive
from modelspec.diagnostics import Diagnostic, WorldError

if TYPE_CHECKING:
    from modelspec.adapters.engine import Engine
    from modelspec.spec.model_lock import BasePin

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
        manifest: digest by which its registry knows it; None where nobody says.
    """

    name: str
    id: str
    config: Mapping[str, Any]
    archive: Path | None = None
    manifest: str | None = None

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


def find(image: str, root: Path, engine: Engine | None, pin: BasePin | None = None) -> Base | None:
    """The base, from the archive that MODELSPEC_BASE_ARCHIVE names, the engine, or the disk.

    Args:
        image: as the spec has it.
        root: of the repository; archives lie in its `.modelspec/bases/`.
        engine: None if there is none.
        pin: what the base has to be; left out, the first that has its name is taken.

    Raises:
        WorldError: if there is an archive that cannot be read, or the engine fails.
    """
    return next((found for found in here(image, root, engine, pin) if is_that(found, pin)), None)


def require(image: str, root: Path, engine: Engine | None, pin: BasePin | None = None) -> Base:
    """The base as `find` has it, or else pulled by the engine: by its digest if that is pinned.

    Raises:
        WorldError: if it cannot be had, or only another one that has its name.
    """
    found = find(image, root, engine, pin)
    if found is not None:
        return found
    others = list(here(image, root, engine))
    exact = by_digest(image, pin)
    if engine is not None and (exact or not others):
        try:
            engine.pull(exact or image)
        except WorldError:
            if not others:
                raise
        found = from_engine(image, engine, exact or image)
        if found is not None and is_that(found, pin):
            return found
        others = others or ([found] if found else [])
    if pin is not None and others:
        raise _another(others[0], pin)
    raise WorldError(
        Diagnostic(
            f"the base image {image} is not here, and without an engine it cannot be pulled",
            hint=f"docker save {image} -o .modelspec/bases/{file_name(image)} elsewhere, and "
            f"bring that file here; or name one in {ENVIRONMENT}",
        )
    )


def here(
    image: str, root: Path, engine: Engine | None, pin: BasePin | None = None
) -> Iterator[Base]:
    """What could be the base, of all that is on this machine. Arguments and errors as `find`."""
    if named := os.environ.get(ENVIRONMENT):
        yield from_archive(image, Path(named))
    names = (pin.id, image) if pin else (image,)
    for name in names if engine else ():
        if engine and (found := from_engine(image, engine, name)):
            yield found
    if found := from_disk(image, root):
        yield found


def is_that(base: Base, pin: BasePin | None) -> bool:
    """Whether an image is the pinned one: by its config, or by what a registry calls it.

    Of an image for several platforms each has a config of its own, and all have one manifest.
    """
    if pin is None or base.id == pin.id:
        return True
    return pin.manifest is not None and base.manifest == pin.manifest


def by_digest(image: str, pin: BasePin | None) -> str | None:
    """The name by which a registry gives exactly what is pinned, if that is known."""
    return f"{_repository(image)}@{pin.manifest}" if pin and pin.manifest else None


def _another(found: Base, pin: BasePin) -> WorldError:
    where = f"in {found.archive}" if found.archive else "in the engine"
    exact = by_digest(found.name, pin)
    way = f"docker pull {exact}" if exact else "bring the pinned one here (docker load)"
    return WorldError(
        Diagnostic(
            f"the base image {found.name} is pinned to {pin.id}, and {where} it is {found.id}",
            hint=f"{way}; or take this one: modelspec lock --upgrade base, and commit",
        )
    )


def _repository(image: str) -> str:
    """The name of an image without tag and digest."""
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]


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


def from_engine(image: str, engine: Engine, name: str | None = None) -> Base | None:
    """The base as the engine has it; `name` is what to ask for, if not the name in the spec."""
    about = engine.inspect(name or image)
    if about is None:
        return None
    config = {
        "architecture": about["Architecture"],
        "os": about["Os"],
        "variant": about.get("Variant") or "",
        "config": about.get("Config") or {},
        "rootfs": {"diff_ids": list(about["RootFS"]["Layers"])},
    }
    known = dict(entry.split("@", 1) for entry in about.get("RepoDigests") or [])
    return Base(image, about["Id"], config, None, known.get(_familiar(_repository(image))))


def _familiar(repository: str) -> str:
    """A repository as an engine shows it: those of Docker Hub without its name."""
    for prefix in ("docker.io/library/", "docker.io/"):
        if repository.startswith(prefix):
            return repository.removeprefix(prefix)
    return repository
