"""Weights on disk: equal weights give equal bytes."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelspec.diagnostics import ModelRejected, WorldError
from modelspec.training.runtime import keras


def save_weights(model: keras.Model, path: Path) -> None:
    """Write the weights as `.npz`, an entry for each, named `layer/kernel` or `layer/bias`.

    NumPy dates every entry 1980-01-01, so the bytes depend on the weights alone.

    Raises:
        ModelRejected: a weight is infinite or NaN; nothing is written.
    """
    arrays = _arrays(model)
    bad = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if bad:
        raise ModelRejected(f"weights are infinite or NaN: {', '.join(bad)}")
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_weights(model: keras.Model, path: Path) -> None:
    """Give a model the weights that `save_weights` wrote for one of the same shape.

    Raises:
        WorldError: the file holds something else.
    """
    wanted = _arrays(model)
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise WorldError(f"cannot read the weights in {path}: {error}") from None
    if _shapes(arrays) != _shapes(wanted):
        raise WorldError(f"the weights in {path} are not those of this network")
    model.set_weights([arrays[name] for name in wanted])


def digest(model: keras.Model) -> str:
    """`sha256:<hex>` of names, shapes and values, whatever the file that holds them."""
    sha = hashlib.sha256()
    for name, array in _arrays(model).items():
        sha.update(f"{name} {array.shape}\n".encode())
        sha.update(np.ascontiguousarray(array, "<f4").tobytes())
    return f"sha256:{sha.hexdigest()}"


def _arrays(model: keras.Model) -> dict[str, NDArray[Any]]:
    return {weight.path: weight.numpy() for weight in model.weights}


def _shapes(arrays: dict[str, NDArray[Any]]) -> dict[str, object]:
    return {name: (array.shape, array.dtype.str) for name, array in arrays.items()}
