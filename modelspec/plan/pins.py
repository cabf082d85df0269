"""What of a spec `model.lock` pins: from the path of a key to the digest of what it names. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from modelspec.plan.difference import Difference

if TYPE_CHECKING:
    from modelspec.spec.model import ModelSpec
    from modelspec.spec.model_lock import ModelLock

BASE, DATA = "container.base", "data.source"
SHOWN = len("sha256:") + 12


def lock_path(spec: str) -> str:
    """The path of the lock of a spec: `model.lock` beside `model.yaml`."""
    return str(PurePosixPath(spec).with_suffix(".lock"))


def pins_of(spec: ModelSpec, lock: ModelLock) -> dict[str, str]:
    """`container.base` and `data.source` to digests, as far as they are pinned.

    What the lock holds besides, for names that the spec has no longer, is no input.
    """
    base = lock.base.get(spec.container.base)
    data = lock.data.get(spec.data.source) if spec.data.remote else None
    found = {BASE: base.id if base else None, DATA: data.digest if data else None}
    return {path: digest for path, digest in found.items() if digest}


def not_pinned(spec: ModelSpec, pins: Mapping[str, str]) -> dict[str, str]:
    """What the spec names and nothing pins: path of the key to the name."""
    base = spec.container.base
    return {} if BASE in pins or "@" in base else {BASE: base}


def changed_pins(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    """Each that differs: `container.base: not pinned -> sha256:4be1f0c2a9d8`."""
    for path in sorted({*old, *new}):
        if old.get(path) != new.get(path):
            before, after = (pins.get(path, "not pinned")[:SHOWN] for pins in (old, new))
            yield Difference(path, before, after)
