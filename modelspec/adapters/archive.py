"""Images as archives: those of `docker save` and OCI layouts are read, the former written.

Formats: https://github.com/moby/docker-image-spec (combined image JSON and layers) and
https://github.com/opencontainers/image-spec/blob/main/image-layout.md.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from modelspec.adapters.layers import digest
from modelspec.diagnostics import WorldError

JSON_BYTES = 4 * 1024 * 1024
PIECE = 1024 * 1024

Blob = tuple[int, Iterable[bytes]]
_Open = Callable[[str], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Opened:
    """An image in an archive that is open.

    Attributes:
        id: digest of its config.
        config: of the image, parsed.
        blobs: size and content of its layers, lowest first, compressed or not.
    """

    id: str
    config: Mapping[str, Any]
    blobs: Iterator[Blob]


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The image in an archive, or in the folder of an OCI layout.

    Raises:
        WorldError: if it cannot be read or is not that.
    """
    with ExitStack() as stack:
        with _problems(path):
            open_ = _opener(path, stack)
            content, layers = _image(open_)
            config = json.loads(content)
            if len(config["rootfs"]["diff_ids"]) != len(layers):
                raise ValueError(layers)
        yield Opened(digest(content), config, _blobs(path, open_, layers))


def write(
    config: bytes, tag: str, names: Sequence[str], blobs: Iterable[tuple[str, Blob]]
) -> Iterator[bytes]:
    """A docker archive, piece by piece.

    Args:
        config: of the image.
        tag: `name:tag` that the engine gives it.
        names: what to call the layers, lowest first.
        blobs: their content by name; those that the engine has already may be missing.
    """
    named = f"{digest(config).removeprefix('sha256:')}.json"
    manifest = json.dumps([{"Config": named, "Layers": [*names], "RepoTags": [tag]}]).encode()
    yield from _entry("manifest.json", (len(manifest), [manifest]))
    yield from _entry(named, (len(config), [config]))
    for name, blob in blobs:
        yield from _entry(name, blob)
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The content of a file, a bit at a time; closes it."""
    with file:
        while piece := file.read(PIECE):
            yield piece


def _entry(name: str, blob: Blob) -> Iterator[bytes]:
    size, content = blob
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o644
    yield header.tobuf(tarfile.PAX_FORMAT)
    yield from content
    yield b"\0" * (-size % tarfile.BLOCKSIZE)


@contextmanager
def _problems(path: Path) -> Iterator[None]:
    try:
        yield
    except WorldError as error:
        raise WorldError(f"{path} holds no image that can be used: {error}") from None
    except (tarfile.TarError, EOFError, LookupError, TypeError, ValueError, AttributeError):
        raise WorldError(
            f"{path} is damaged, or not an image archive as docker save writes it"
        ) from None
    except OSError as error:
        raise WorldError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None


def _opener(path: Path, stack: ExitStack) -> _Open:
    """What opens a path in the archive; KeyError where there is none."""
    if path.is_dir():
        return lambda name: _in_folder(path, name)
    if not path.is_file():
        raise WorldError("it is not there" if not path.exists() else "it is not a file")
    tar = stack.enter_context(tarfile.open(path))  # noqa: SIM115  (the stack closes it)
    return lambda name: _in_tar(tar, name)


def _in_folder(folder: Path, name: str) -> IO[bytes]:
    file = folder / name
    if not file.is_file() or not file.resolve().is_relative_to(folder.resolve()):
        raise KeyError(name)
    return file.open("rb")


def _in_tar(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file


def _image(open_: _Open) -> tuple[bytes, list[str]]:
    """The config, and where the layers are."""
    try:
        manifests = _json(open_, "manifest.json")
    except KeyError:
        index = _json(open_, "index.json")
        manifest = json.loads(_linux(open_, index))
        config = _checked(open_, manifest["config"])
        return config, [_blob_path(layer) for layer in manifest["layers"]]
    if len(manifests) != 1:
        raise WorldError(f"it holds {len(manifests)} images, not one")
    return _small(open_, manifests[0]["Config"]), list(manifests[0]["Layers"])


def _linux(open_: _Open, index: Mapping[str, Any], depth: int = 3) -> bytes:
    """The manifest of the first image for Linux on this kind of processor, or of the only one.

    Both media types of indexes and manifests, OCI's and Docker's, have the same fields.
    """
    if depth == 0:
        raise ValueError(index)
    images = [
        entry
        for entry in index["manifests"]
        if entry.get("platform", {}).get("os", "linux") == "linux"
    ]
    same = [e for e in images if e.get("platform", {}).get("architecture") == _architecture()]
    content = _checked(open_, (same or images)[0])
    inner = json.loads(content)
    return _linux(open_, inner, depth - 1) if "manifests" in inner else content


def _architecture() -> str:
    import platform

    machine = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _blob_path(descriptor: Mapping[str, Any]) -> str:
    kind, _, hexadecimal = descriptor["digest"].partition(":")
    return f"blobs/{kind}/{hexadecimal}"


def _checked(open_: _Open, descriptor: Mapping[str, Any]) -> bytes:
    content = _small(open_, _blob_path(descriptor))
    if digest(content) != descriptor["digest"]:
        raise ValueError(descriptor)
    return content


def _json(open_: _Open, name: str) -> Any:
    return json.loads(_small(open_, name))


def _small(open_: _Open, name: str) -> bytes:
    with open_(name) as file:
        content = file.read(JSON_BYTES + 1)
    if len(content) > JSON_BYTES:
        raise ValueError(name)
    return content


def _blobs(path: Path, open_: _Open, layers: Sequence[str]) -> Iterator[Blob]:
    for name in layers:
        with _problems(path):
            file = open_(name)
            size = file.seek(0, 2)
            file.seek(0)
        yield size, _read(path, file)


def _read(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    with _problems(path):
        yield from pieces(file)
