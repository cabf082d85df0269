"""Where the image of a release is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelspec.plan.release import Image


def reference(image: Image, registry: str | None) -> str | None:
    """Its reference in a registry (`host[:port]/prefix`); None: where it was pushed to."""
    if image.reference is None or registry is None:
        return image.reference
    name, digest = image.tag.partition(":")[0], image.reference.partition("@")[2]
    return f"{registry}/{name}@{digest}"
