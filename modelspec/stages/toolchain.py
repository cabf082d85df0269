"""What this machine would make each step with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelspec import __version__
from modelspec.stages.engine import engine_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from modelspec.spec.model_lock import BasePin


def toolchain() -> Mapping[str, str]:
    """Of training and export; told without importing TensorFlow."""
    from modelspec.training.toolchain import toolchain as training

    return training() | {"modelspec": __version__}


def image_toolchain(
    root: Path, image: str, pin: BasePin | None, runtime: str, *, pull: bool = False
) -> Mapping[str, str]:
    """Of the image: base, packages, serving code. Empty where the base is not here yet.

    Args:
        root: of the repository.
        image: the base, as the spec has it.
        pin: what the base has to be, if that is pinned.
        runtime: what runs the network in it.
        pull: whether a base that is not here may be pulled.

    Raises:
        WorldError: with `pull`, if the base is not here and cannot be pulled.
    """
    from modelspec.adapters import base
    from modelspec.adapters.image import made_with

    with engine_or_none() as engine:
        find = base.require if pull else base.find
        found = find(image, root, engine, pin)
    return made_with(found, runtime) if found else {}
