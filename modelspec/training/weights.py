"""Weights on disk: the same weights are the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from modelspec.training.fit import require_finite
from modelspec.training.runtime import keras

FILE = "weights.npz"


def save(model: keras.Model, folder: Path) -> None:
    """Write all weights, in the model's order.

    Raises:
        ModelRejected: if one of them is not a finite number.
    """
    require_finite(model)
    named = {f"{number:04d}": weight for number, weight in enumerate(model.get_weights())}
    with (folder / FILE).open("wb") as file:
        np.savez(file, allow_pickle=False, **named)


def load(model: keras.Model, folder: Path) -> None:
    """Read the weights of a model of the same shape."""
    with np.load(folder / FILE, allow_pickle=False) as stored:
        model.set_weights([stored[name] for name in sorted(stored.files)])
