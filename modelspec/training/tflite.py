"""TFLite: what LiteRT runs, in the image and on devices. Float32, no quantization."""

from __future__ import annotations

from pathlib import Path

from modelspec.training.graph import Served
from modelspec.training.runtime import quiet_stderr, tf
from modelspec.training.tolerance import Answer, Floats

FILE = "model.tflite"


def write(served: Served, folder: Path) -> None:
    """Write `model.tflite`, with the signature `serving_default` from inputs to outputs.

    Always by this route: from a SavedModel or a Keras model the converter makes other bytes.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([served.concrete()], served)
    (folder / FILE).write_bytes(converter.convert())


def load(folder: Path) -> Answer:
    """The model, as LiteRT runs it."""
    from ai_edge_litert.interpreter import Interpreter

    with quiet_stderr():
        interpreter = Interpreter(str(folder / FILE))
        interpreter.allocate_tensors()
    inputs = interpreter.get_input_details()[0]["index"]
    outputs = interpreter.get_output_details()[0]["index"]

    def answer(rows: Floats) -> Floats:
        interpreter.resize_tensor_input(inputs, rows.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(inputs, rows)
        interpreter.invoke()
        result: Floats = interpreter.get_tensor(outputs)
        return result

    return answer
