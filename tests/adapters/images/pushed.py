"""Small images in real registries, without an engine."""

from __future__ import annotations

import hashlib
import io
import json
import random
from contextlib import closing

from modelspec.adapters.registry import Manifest, Registry

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"


def blob(host: str, repository: str, content: bytes) -> dict[str, object]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    with closing(Registry(host)) as there:
        there.write_blob(repository, digest, io.BytesIO(content))
    return {"mediaType": "application/octet-stream", "digest": digest, "size": len(content)}


def image(host: str, repository: str = "team/churn", kind: str = DOCKER, size: int = 5000) -> str:
    """Push a small image; returns its reference."""
    noise = random.Random(f"{repository}{kind}{size}")
    content = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": blob(host, repository, noise.randbytes(100))
        | {"mediaType": "application/vnd.docker.container.image.v1+json"},
        "layers": [
            blob(host, repository, noise.randbytes(size))
            | {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip"}
            for _ in range(2)
        ],
    }
    # Written as no library would write it: only if the bytes are kept, the digest is.
    return put(host, repository, Manifest(kind, json.dumps(content, indent=7).encode() + b"\n"))


def put(host: str, repository: str, manifest: Manifest) -> str:
    with closing(Registry(host)) as there:
        there.put_manifest(repository, manifest.digest, manifest)
    return f"{host}/{repository}@{manifest.digest}"
