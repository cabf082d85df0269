"""An image from one registry to another, byte for byte, so that its digest stays what it is."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelspec.adapters.registry import MANIFESTS, Manifest, Registry
from modelspec.diagnostics import Diagnostic, WorldError

_DOCKER_HUB = "docker.io"
_DEPTH = 3  # an index, of indexes, of images


@dataclass(frozen=True, slots=True)
class Copied:
    """What had to be sent: how many blobs of how many, and their bytes."""

    blobs: int = 0
    of: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is: `host/repository@digest`."""

    host: str
    repository: str
    digest: str

    @classmethod
    def parse(cls, reference: str) -> Place:
        """Read `host[:port]/name@sha256:...`."""
        name, _, digest = reference.partition("@")
        host, _, repository = name.partition("/")
        if host == _DOCKER_HUB and "/" not in repository:
            repository = f"library/{repository}"
        return cls(host, repository, digest)


def copy(source: str, target: str, tag: str, folder: Path) -> Copied:
    """Have an image in a registry that another one has. What is there is not sent.

    Args:
        source: `host/name@sha256:...`.
        target: the same digest elsewhere, or `source` itself: then it is only looked for.
        tag: to keep it by there, because registries collect what has none.
        folder: for files of a moment, as large as the largest blob.

    Raises:
        WorldError: neither has the image, or a part of it; names the digest. Or a registry
            refuses, or cannot be reached.
    """
    here, there = Place.parse(source), Place.parse(target)
    with closing(Registry(here.host)) as origin, closing(Registry(there.host)) as registry:
        return _Copy(here, there, origin, registry, folder).run(tag)


class _Copy:
    def __init__(
        self, source: Place, target: Place, origin: Registry, registry: Registry, folder: Path
    ) -> None:
        self._source, self._target = source, target
        self._origin, self._registry = origin, registry
        self._folder = folder
        self._seen: set[str] = set()
        self._sent = self._size = 0

    def run(self, tag: str) -> Copied:
        """Bring all of it, and then name it."""
        manifest = self._bring(self._target.digest)
        # A tag that names something else may be what keeps that from being collected.
        for name in (tag, f"{tag}-{manifest.digest[7:19]}"):
            held = self._registry.manifest(self._target.repository, name)
            if held is None:
                self._registry.put_manifest(self._target.repository, name, manifest)
            if held is None or held.digest == manifest.digest:
                break
        return Copied(self._sent, len(self._seen), self._size)

    def _bring(self, digest: str, depth: int = 0) -> Manifest:
        """A manifest with all that it names, which is there before the manifest is."""
        held = self._registry.manifest(self._target.repository, digest)
        manifest = held or self._origin.manifest(self._source.repository, digest)
        if manifest is None:
            raise self._gone(digest)
        images, blobs = _parts(manifest)
        if depth > _DEPTH:
            raise WorldError(f"{digest} is an index of indexes without end")
        for one in images:
            self._bring(one, depth + 1)
        for one in blobs:
            if one not in self._seen:
                self._seen.add(one)
                self._bring_blob(one)
        if held is None:
            self._registry.put_manifest(self._target.repository, digest, manifest)
        return manifest

    def _bring_blob(self, digest: str) -> None:
        there, source = self._target.repository, self._source.repository
        if self._registry.has_blob(there, digest):
            return
        if self._source == self._target:
            raise self._gone(digest)
        if self._source.host == self._target.host and self._registry.mount(there, digest, source):
            return
        with tempfile.TemporaryFile(dir=self._folder) as file:
            if not self._origin.read_blob(source, digest, file):
                raise self._gone(digest)
            self._registry.write_blob(there, digest, file)
            self._sent += 1
            self._size += file.seek(0, os.SEEK_END)

    def _gone(self, digest: str) -> WorldError:
        where = f"{self._source.host}/{self._source.repository}"
        part = "" if digest == self._source.digest else f" of the image {self._source.digest}"
        return WorldError(
            Diagnostic(
                f"{where} has no {digest}{part}",
                hint="put it back there, or promote a release whose image is there",
            )
        )


def _parts(manifest: Manifest) -> tuple[list[str], list[str]]:
    """Digests of the manifests and of the blobs that a manifest names."""
    if manifest.media_type not in MANIFESTS:
        raise WorldError(f"{manifest.digest} is no image: its type is {manifest.media_type!r}")
    try:
        content: dict[str, Any] = json.loads(manifest.content)
        images = [str(one["digest"]) for one in content.get("manifests", [])]
        parts = [*content.get("layers", []), *([content["config"]] if "config" in content else [])]
        # A layer with addresses of its own is never in a registry.
        blobs = [str(one["digest"]) for one in parts if not one.get("urls")]
    except (ValueError, LookupError, TypeError, AttributeError):
        raise WorldError(f"the manifest {manifest.digest} is not readable") from None
    return images, blobs
