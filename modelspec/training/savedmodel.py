"""SavedModel: for TensorFlow Serving, and for whoever goes on in TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modelspec.training.runtime import keras, quiet, tf

FOLDER = "savedmodel"


def write(model: keras.Model, folder: Path) -> None:
    """Write the model below a folder, bit-identical for equal weights.

    `Model.export` differs every time. A module with an ordered list of variables does not, once
    debug information and the random fingerprint are left out.
    """
    width = int(model.inputs[0].shape[1])

    class Served(tf.Module):  # type: ignore[misc]  # tensorflow is untyped
        def __init__(self) -> None:
            super().__init__()
            self.variables_in_order = [variable.value for variable in model.variables]

        # TensorFlow strips the first argument by its name, so it has to be `self`.
        @tf.function(input_signature=[tf.TensorSpec((None, width), tf.float32, name="inputs")])  # type: ignore[untyped-decorator]
        def serve(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"outputs": model(inputs, training=False)}

    module = Served()
    with quiet():
        tf.saved_model.save(
            module,
            str(folder / FOLDER),
            signatures={"serving_default": module.serve},
            options=tf.saved_model.SaveOptions(save_debug_info=False),
        )
    (folder / FOLDER / "fingerprint.pb").unlink(missing_ok=True)


def run(folder: Path, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Answers of the exported model, float32 (n, units)."""
    with quiet():
        loaded = tf.saved_model.load(str(folder / FOLDER))
    answer = loaded.signatures["serving_default"](inputs=tf.constant(inputs))
    return np.asarray(answer["outputs"])
