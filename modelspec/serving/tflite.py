"""Networks run by LiteRT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .bundle import BundleError, shapes

if TYPE_CHECKING:
    from .predictor import Run
    from .preprocess import Floats


def load(model: bytes, width: int, units: int) -> Run:
    """What runs a TFLite file; see `predictor.Load`.

    One interpreter is kept for single rows and one for everything else: setting a new batch
    size costs more than running the network.
    """
    one, many = _Session(model, width, units), _Session(model, width, units)
    return lambda encoded: one.run(encoded) if len(encoded) == 1 else many.run(encoded)


class _Session:
    """An interpreter that is given a new batch size only when it changes."""

    def __init__(self, model: bytes, width: int, units: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            self._interpreter = Interpreter(model_content=model, num_threads=1)
        except ValueError:
            raise BundleError("the model file is not a TFLite file") from None
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        found = [(d["dtype"], list(d["shape_signature"])) for d in (*inputs, *outputs)]
        if found != [(np.float32, [-1, width]), (np.float32, [-1, units])]:
            raise BundleError(shapes(width, units))
        self._input: int = inputs[0]["index"]
        self._output: int = outputs[0]["index"]
        self._rows = 0

    def run(self, encoded: Floats) -> Floats:
        interpreter = self._interpreter
        if len(encoded) != self._rows:
            self._rows = 0  # nothing is set up if the next two lines raise
            interpreter.resize_tensor_input(self._input, encoded.shape)
            interpreter.allocate_tensors()
            self._rows = len(encoded)
        interpreter.set_tensor(self._input, encoded)
        interpreter.invoke()
        answer: Floats = interpreter.get_tensor(self._output)
        return answer
