"""Manifests and blobs of a registry (OCI distribution): bytes as they are, never made anew.

An engine that pulls an image and pushes it may compress its layers anew, and then its digest is
another one; so images go from registry to registry here.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import IO
from urllib.parse import urljoin

import requests

from modelspec.adapters.registry_http import Connection
from modelspec.diagnostics import WorldError

MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
PIECE = 16 * 2**20
"""How many bytes are sent in one request, and again if it fails."""
_LARGEST_MANIFEST = 4 * 2**20
_NO_PIECES = (400, 405, 501)
_BYTES = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as the registry has it: its media type and its very bytes."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the bytes."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"


class Registry:
    """One registry. `host` is `host[:port]` as in names of images.

    Every method raises WorldError where the registry refuses or cannot be reached.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self._http = Connection(host)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def greet(self, seconds: float) -> None:
        """Ask once whether it is there, and takes what `docker login` left."""
        self._http.greet(seconds)

    def manifest(self, repository: str, reference: str) -> Manifest | None:
        """The manifest of a tag or digest; None if there is none.

        Raises:
            WorldError: also if these are other bytes than the digest names.
        """
        headers = {"Accept": ", ".join(MANIFESTS)}
        path = f"manifests/{reference}"
        answer = self._http.ask("GET", repository, path, allowed=(404,), headers=headers)
        if answer.status_code == 404:
            return None
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        found = Manifest(media_type, answer.content)
        if len(found.content) > _LARGEST_MANIFEST:
            raise WorldError(f"{self.host}: the manifest of {repository} is larger than 4 MiB")
        if reference.startswith("sha256:"):
            self._insist(reference, found.digest)
        return found

    def put_manifest(self, repository: str, reference: str, manifest: Manifest) -> None:
        """Send a manifest, whose blobs must be there, under a tag or its digest."""
        headers = {"Content-Type": manifest.media_type}
        path = f"manifests/{reference}"
        self._http.ask("PUT", repository, path, headers=headers, data=manifest.content)

    def has_blob(self, repository: str, digest: str) -> bool:
        """Whether a repository has a blob."""
        answer = self._http.ask("HEAD", repository, f"blobs/{digest}", allowed=(404,))
        return answer.status_code != 404

    def mount(self, repository: str, digest: str, source: str) -> bool:
        """Have a blob of another repository here without sending it; False if that fails."""
        parameters = {"mount": digest, "from": source}
        path = "blobs/uploads/"
        answer = self._http.ask(
            "POST", repository, path, allowed=(401, 403, 404, 405), params=parameters
        )
        return answer.status_code == 201

    def read_blob(self, repository: str, digest: str, file: IO[bytes]) -> bool:
        """Write a blob into an empty file; False if there is none.

        What broke off goes on where it was.

        Raises:
            WorldError: also if these are other bytes than the digest names.
        """

        def read() -> bool:
            have = file.seek(0, os.SEEK_END)
            answer = self._http.ask(
                "GET",
                repository,
                f"blobs/{digest}",
                allowed=(404,),
                tries=1,
                headers={"Range": f"bytes={have}-"} if have else {},
                stream=True,
            )
            with answer:
                if answer.status_code != 206:
                    file.seek(0)
                    file.truncate()
                for piece in answer.iter_content(2**20) if answer.ok else ():
                    file.write(piece)
            return answer.ok

        if not self._http.again(read):
            return False
        state = hashlib.sha256()
        file.seek(0)
        while piece := file.read(2**20):
            state.update(piece)
        self._insist(digest, f"sha256:{state.hexdigest()}")
        return True

    def write_blob(self, repository: str, digest: str, file: IO[bytes]) -> None:
        """Send a blob, in pieces if it is large. What broke off goes on where it was."""
        size = file.seek(0, os.SEEK_END)
        upload, at = "", 0

        def write() -> None:
            nonlocal upload, at
            if self.has_blob(repository, digest):
                return
            if not upload or not self._is_at(repository, upload, at):
                upload, at = self._begin(repository), 0
            while size - at > PIECE:
                file.seek(at)
                piece = file.read(PIECE)
                answer = self._http.ask(
                    "PATCH",
                    repository,
                    upload,
                    allowed=_NO_PIECES,
                    tries=1,
                    headers={**_BYTES, "Content-Range": f"{at}-{at + len(piece) - 1}"},
                    data=piece,
                )
                if not answer.ok:  # it takes no pieces: the whole, then
                    upload, at = self._begin(repository), 0
                    break
                upload, at = self._next(answer), at + len(piece)
            file.seek(at)
            self._http.ask(
                "PUT",
                repository,
                upload,
                tries=1,
                params={"digest": digest},
                headers=_BYTES,
                data=file if size > at else b"",
            )

        self._http.again(write)

    def _begin(self, repository: str) -> str:
        """Where the bytes of a new blob are to be sent to."""
        return self._next(self._http.ask("POST", repository, "blobs/uploads/"))

    def _is_at(self, repository: str, upload: str, at: int) -> bool:
        """Whether an upload has what was sent before it broke off, and nothing after that."""
        with suppress(WorldError):
            answer = self._http.ask("GET", repository, upload, allowed=(404,))
            last = answer.headers.get("Range", "").rpartition("-")[2]
            return answer.status_code == 204 and at > 0 and last == str(at - 1)
        return False

    def _next(self, answer: requests.Response) -> str:
        location = answer.headers.get("Location", "")
        if not location:
            raise WorldError(f"{self.host} does not say where to send a blob")
        return urljoin(str(answer.url), location)

    def _insist(self, digest: str, found: str) -> None:
        if digest != found:
            raise WorldError(f"{self.host} has other bytes than {digest}: their digest is {found}")
