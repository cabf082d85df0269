"""What this machine would make each step with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelspec import __version__
from modelspec.stages.engine import engine_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from modelspec.spec.model import ModelSpec


def toolchain() -> Mapping[str, str]:
    """Of training and export; told without importing TensorFlow."""
    from modelspec.training.toolchain import toolchain as training

    return training() | {"modelspec": __version__}


def image_toolchain(root: Path, spec: ModelSpec, *, pull: bool = False) -> Mapping[str, str]:
    """Of the image: base, packages, serving code. Empty where the base is not here yet.

    Raises:
        WorldError: with `pull`, if the base is not here and cannot be pulled.
    """
    from modelspec.adapters import base, image

    with engine_or_none() as engine:
        find = base.require if pull else base.find
        found = find(spec.container.base, root, engine)
    return image.made_with(found) if found else {}
