"""The serving image on disk: its config, and the layers that are ours."""

from __future__ import annotations

import json
import tarfile
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from modelspec.adapters import archive, layers, wheels
from modelspec.adapters.archive import Blob
from modelspec.adapters.base import Base
from modelspec.adapters.files import wrap_os_errors
from modelspec.adapters.layers import HOME, Layer
from modelspec.diagnostics import WorldError
from modelspec.serving import contract

LAYERS = ("wheels", "serving", "model")
CONFIG = "config.json"


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: image ID (digest of the config), and bytes of our compressed layers."""

    id: str
    size: int

    def tag(self, name: str) -> str:
        """What the image is called: after what it is, so one name never means two images."""
        return f"{name}:sha-{self.id.removeprefix('sha256:')[:12]}"


def build(
    folder: Path,
    base: Base,
    runtime: str,
    model: Mapping[str, bytes],
    labels: Mapping[str, str],
    committed: int,
) -> Built:
    """Write config and layers into a folder. One commit and one base give one image ID.

    Args:
        folder: to write to.
        base: what the layers go on.
        runtime: whose packages it gets.
        model: files of the model folder: `serving.json` and the model.
        labels: OCI labels.
        committed: time of the commit, in seconds since 1970.

    Raises:
        WorldError: if the packages cannot be had, or the base does not tell its Python.
    """
    made = [
        wheels.layer(runtime, base.config["architecture"], base.python),
        layers.layer("serving", _runtime()),
        layers.layer("model", {f"{HOME}/model/{name}": text for name, text in model.items()}),
    ]
    return write(folder, base, made, labels, committed)


def write(
    folder: Path,
    base: Base,
    made: Sequence[Layer],
    labels: Mapping[str, str],
    committed: int,
) -> Built:
    """Write config and layers into a folder; arguments as `build`, which makes the layers."""
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(committed))
    config = layers.config(base.config, [each.diff_id for each in made], labels, created)
    with wrap_os_errors(folder):
        (folder / CONFIG).write_bytes(config)
        for each in made:
            (folder / f"{each.name}.tar.gz").write_bytes(each.gzipped)
    return Built(layers.digest(config), sum(len(each.gzipped) for each in made))


def labels(
    base: Base, *, name: str, version: str, commit: str, committed: int, model: Mapping[str, bytes]
) -> dict[str, str]:
    """OCI labels (https://github.com/opencontainers/image-spec/blob/main/annotations.md).

    Args:
        base: what the image stands on; its digest is that of its config, the same from an
            engine and from an archive.
        name: of the model.
        version: MAJOR.MINOR of the model; PATCH is not the image's business.
        commit: 40 hex digits of what it was built from.
        committed: time of the commit, in seconds since 1970.
        model: files of the model folder.
    """
    prefix = "org.opencontainers.image"
    return {
        layers.BASE_DIGEST: base.id,
        layers.BASE_NAME: base.name,
        f"{prefix}.created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(committed)),
        f"{prefix}.revision": commit,
        f"{prefix}.title": name,
        f"{prefix}.version": version,
    } | {f"modelspec.digest.{file}": layers.digest(content) for file, content in model.items()}


def made_with(base: Base, runtime: str) -> dict[str, str]:
    """What an image is made with besides the spec: base, packages, serving code."""
    return {
        "base": base.id,
        "serving": layers.layer("serving", _runtime()).diff_id,
        "wheels": wheels.lock_digest(runtime),
    }


def read(folder: Path) -> tuple[str, Mapping[str, Any]]:
    """ID and config of an image that `build` wrote.

    Raises:
        WorldError: if it is not there any more.
    """
    try:
        content = (folder / CONFIG).read_bytes()
        config: Mapping[str, Any] = json.loads(content)
    except (OSError, ValueError):
        raise WorldError(f"{folder / CONFIG} is gone or damaged: run apply again") from None
    return layers.digest(content), config


def standing_on(config: Mapping[str, Any]) -> Base:
    """What is known of its base from an image's own config: name, ID, layers, environment."""
    below = config["rootfs"]["diff_ids"][: -len(LAYERS)]
    said = config["config"]["Labels"]
    name, identifier = said.get(layers.BASE_NAME, ""), said.get(layers.BASE_DIGEST, "")
    return Base(name, identifier, {**config, "rootfs": {"diff_ids": below}})


def docker_archive(folder: Path, tag: str, base: Base | None) -> Iterator[bytes]:
    """The image as an archive that `docker load` takes.

    Args:
        folder: that `build` wrote.
        tag: `name:tag` that the engine gives it.
        base: with its archive, whose layers are put in; None: the engine has them.
    """
    config = (folder / CONFIG).read_bytes()
    below = len(json.loads(config)["rootfs"]["diff_ids"]) - len(LAYERS)
    names = [f"base-{number}.tar" for number in range(below)]
    ours = [f"{name}.tar.gz" for name in LAYERS]
    if base is None or base.archive is None:
        yield from archive.write(config, tag, [*names, *ours], _ours(folder))
        return
    with archive.opened(base.archive) as found:
        blobs = zip(names, found.blobs, strict=True)
        yield from archive.write(config, tag, [*names, *ours], chain(blobs, _ours(folder)))


def unpack(folder: Path, target: Path) -> Path:
    """Lay our layers out below a folder, as the image has them below `/`.

    Returns:
        What stands for `/opt/modelspec`.

    Raises:
        WorldError: if a layer is gone or damaged, or the disk does not allow it.
    """
    for name in LAYERS:
        path = folder / f"{name}.tar.gz"
        try:
            with wrap_os_errors(target), tarfile.open(path) as tar:
                for entry in tar:
                    _place(tar, entry, target)
        except (tarfile.TarError, EOFError, zlib.error):
            raise WorldError(f"{path} is damaged: run apply again") from None
    return target / HOME


def _place(tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path) -> None:
    """Write one entry; a layer of ours has files and folders only, all below one folder."""
    path = PurePosixPath(entry.name)
    if path.is_absolute() or ".." in path.parts:
        raise WorldError(f"a layer of the image holds {entry.name!r}, which leaves its folder")
    if entry.isdir():
        (target / path).mkdir(parents=True, exist_ok=True)
    elif file := tar.extractfile(entry):
        (target / path).write_bytes(file.read())


def _runtime() -> dict[str, bytes]:
    source = Path(contract.__file__).parent
    return {f"{HOME}/serving/{path.name}": path.read_bytes() for path in source.glob("*.py")}


def _ours(folder: Path) -> Iterator[tuple[str, Blob]]:
    for name in LAYERS:
        path = folder / f"{name}.tar.gz"
        yield path.name, (path.stat().st_size, archive.pieces(path.open("rb")))
