"""What a trained network answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelspec.diagnostics import ModelRejected
from modelspec.training.runtime import keras

# Fixed, because the last bit of a matrix product may depend on how many rows it has.
_ROWS_A_CALL = 4096


def predict(model: keras.Model, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Answers of the network, float32 (n, units), to preprocessed rows, float32 (n, width).

    Raises:
        ModelRejected: an answer is infinite or NaN; names the first such row.
    """
    answers = np.empty((len(inputs), model.output_shape[-1]), np.float32)
    for start in range(0, len(inputs), _ROWS_A_CALL):
        part = slice(start, start + _ROWS_A_CALL)
        answers[part] = model(inputs[part], training=False).numpy()
    wrong = ~np.isfinite(answers).all(axis=1)
    if wrong.any():
        raise ModelRejected(
            f"the network's answer to row {int(np.argmax(wrong)) + 1} is infinite or NaN"
        )
    return answers
