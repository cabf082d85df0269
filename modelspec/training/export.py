"""Exports of a trained network, each compared with Keras by the engine that will run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelspec.diagnostics import Diagnostic, ModelRejected
from modelspec.training import onnx, savedmodel, tflite

if TYPE_CHECKING:
    from modelspec.spec.serving import ExportFormat
    from modelspec.training.runtime import keras

Floats = NDArray[np.float32]

# All engines compute in float32 (about 7 digits) but add in another order; over a few hundred
# terms differences stay below 1e-6 for probabilities. A wrong conversion is off by far more.
TOLERANCE = 1e-5

WRITERS: dict[str, Callable[[Any, Path], None]] = {
    "savedmodel": savedmodel.write,
    "onnx": onnx.write,
    "tflite": tflite.write,
}
RUNNERS: dict[str, Callable[[Path, Floats], Floats]] = {
    "savedmodel": savedmodel.run,
    "onnx": onnx.run,
    "tflite": tflite.run,
}


def write(form: ExportFormat, model: keras.Model, folder: Path) -> None:
    """Write a model in one format below a folder: the same weights are the same bytes."""
    WRITERS[form](model, folder)


def compare(
    form: ExportFormat, folder: Path, inputs: Floats, expected: Floats, scale: float = 1.0
) -> float:
    """The largest difference between an export and Keras.

    Args:
        form: of the export.
        folder: that it was written to.
        inputs: preprocessed rows, (n, width).
        expected: what Keras answers, (n, units).
        scale: differences are divided by it: 1 for probabilities, the spread of the target for
            regression.

    Raises:
        ModelRejected: if it is above `TOLERANCE`; names the row.
    """
    answered = RUNNERS[form](folder, inputs)
    difference = np.abs(answered.astype(np.float64) - expected.astype(np.float64)) / scale
    difference[~np.isfinite(difference)] = np.inf
    worst = float(difference.max(initial=0.0))
    if worst > TOLERANCE:
        row = int(difference.max(axis=1).argmax())
        raise ModelRejected(
            Diagnostic(
                f"the {form} export disagrees with Keras: by {worst:.2g} on test row {row}, "
                f"more than {TOLERANCE:g}",
                hint="nothing was released; please report it if the network is an ordinary one",
            )
        )
    return worst
