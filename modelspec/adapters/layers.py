"""Image layers and the image's config, byte for byte the same wherever they are made.

A layer is a tar archive with sorted names, one owner, one mode a kind and one time; the config
(https://github.com/opencontainers/image-spec/blob/main/config.md) names the layers by the
digests of what they hold. Its own digest is the image's ID, so the ID says what is inside.
Compression only saves room: no digest that counts is taken of compressed bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from modelspec.serving import contract

HOME = "opt/modelspec"
USER = "10001:10001"
# -P: nothing is imported from the working directory. -S: only from PYTHONPATH, never from what
# a base or a machine has installed, so the image and its trial as a process run the same code.
ENTRYPOINT = ("python3", "-P", "-S", "-m", "serving")
ENVIRONMENT = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": f"/{HOME}/wheels:/{HOME}",
    "PYTHONUNBUFFERED": "1",
}
BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as made.

    Attributes:
        name: what we call it.
        diff_id: digest of the tar archive, `sha256:<hex>`.
        gzipped: the archive, compressed.
    """

    name: str
    diff_id: str
    gzipped: bytes


def layer(name: str, files: Mapping[str, bytes]) -> Layer:
    """A layer of regular files.

    Args:
        name: what to call it.
        files: path in the image, without the leading slash, to content.
    """
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted({*files, *_folders(files)}):
            entry = tarfile.TarInfo(path)
            if path in files:
                entry.mode, entry.size = 0o644, len(files[path])
                tar.addfile(entry, io.BytesIO(files[path]))
            else:
                entry.mode, entry.type = 0o755, tarfile.DIRTYPE
                tar.addfile(entry)
    content = plain.getbuffer()
    return Layer(name, digest(content), gzip.compress(content, 6, mtime=0))


def config(
    base: Mapping[str, Any], diff_ids: Sequence[str], labels: Mapping[str, str], created: str
) -> bytes:
    """The config of an image: our layers on a base, and how it is started.

    Args:
        base: the base's own config.
        diff_ids: of our layers, lowest first.
        labels: ours; they win over those of the base.
        created: RFC 3339. History is made up, as an engine does not give the base's exactly.
    """
    inherited = base.get("config") or {}
    below = list(base["rootfs"]["diff_ids"])
    variables = dict(line.partition("=")[::2] for line in inherited.get("Env") or [])
    made_by = [f"layer of {labels.get(BASE_NAME, 'the base')}"] * len(below)
    made_by += ["modelspec"] * len(diff_ids)
    content: dict[str, Any] = {
        "architecture": base["architecture"],
        "config": {
            "Entrypoint": list(ENTRYPOINT),
            "Env": [f"{name}={value}" for name, value in (variables | ENVIRONMENT).items()],
            "ExposedPorts": {f"{port}/tcp": {} for port in (contract.PORT, contract.GRPC_PORT)},
            "Labels": {**(inherited.get("Labels") or {}), **labels},
            "User": USER,
            "WorkingDir": "/",
        },
        "created": created,
        "history": [{"created": created, "created_by": text} for text in made_by],
        "os": base["os"],
        "rootfs": {"diff_ids": [*below, *diff_ids], "type": "layers"},
    }
    if base.get("variant"):
        content["variant"] = base["variant"]
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def digest(content: bytes | memoryview) -> str:
    """`sha256:<hex>` of some bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _folders(files: Mapping[str, bytes]) -> set[str]:
    return {
        str(folder)
        for path in files
        for folder in PurePosixPath(path).parents
        if str(folder) != "."
    }
