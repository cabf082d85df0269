"""TFLite: what the serving runtime loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from modelspec.training.runtime import frozen, keras, quiet, tf

FILE = "model.tflite"


def write(model: keras.Model, folder: Path) -> None:
    """Write the model into a folder, bit-identical for equal weights."""
    with quiet():
        content = tf.lite.TFLiteConverter.from_concrete_functions([frozen(model)]).convert()
    (folder / FILE).write_bytes(content)


def run(folder: Path, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Answers of the exported model, float32 (n, units)."""
    with quiet():
        interpreter = Interpreter(str(folder / FILE), num_threads=1)
        (entry,) = interpreter.get_input_details()
        (leave,) = interpreter.get_output_details()
        interpreter.resize_tensor_input(entry["index"], inputs.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(entry["index"], inputs)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(leave["index"]))
