"""The network, run by LiteRT: float32 matrix in, float32 matrix out."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from .bundle import BundleError

if TYPE_CHECKING:
    from .preprocess import Floats

# Larger requests are run in blocks: the activations of a block stay small, and so does the
# memory of the process, whatever a client sends.
BLOCK_ROWS = 1024
# Rows that are run without a break for others take about so long.
TURN_SECONDS = 0.01
_TRIAL_ROWS = 32


class Predictor:
    """Runs a network whose first axis, the batch, is free.

    One interpreter is kept for single rows and one for everything else: setting a new batch
    size costs more than running the network.

    Args:
        model: content of a TFLite file with one float32 input (batch, width) and one float32
            output (batch, units).
        width: columns of the encoded rows.
        units: columns of the answer.

    Attributes:
        turn_rows: how many rows this machine runs in TURN_SECONDS, BLOCK_ROWS at most.

    Raises:
        BundleError: the file is not such a network.
    """

    def __init__(self, model: bytes, width: int, units: int) -> None:
        self._one = _Session(model, width, units)
        self._many = _Session(model, width, units)
        self._units = units
        self.predict(np.zeros((1, width), np.float32))
        self.turn_rows = self._measure(width)

    def _measure(self, width: int) -> int:
        rows = np.zeros((_TRIAL_ROWS, width), np.float32)
        self.predict(rows)  # sets up the batch size
        started = perf_counter()
        self.predict(rows)
        seconds = max(perf_counter() - started, 1e-6)
        return max(1, min(BLOCK_ROWS, int(_TRIAL_ROWS * TURN_SECONDS / seconds)))

    def predict(self, encoded: Floats) -> Floats:
        """The network's answer (n, units) to encoded rows (n, width), n >= 1."""
        rows = len(encoded)
        if rows == 1:
            return self._one.run(encoded)
        if rows <= BLOCK_ROWS:
            return self._many.run(encoded)
        answer = np.empty((rows, self._units), np.float32)
        for start in range(0, rows, BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            answer[block] = self._many.run(encoded[block])
        return answer


class _Session:
    """An interpreter that is given a new batch size only when it changes."""

    def __init__(self, model: bytes, width: int, units: int) -> None:
        try:
            self._interpreter = Interpreter(model_content=model, num_threads=1)
        except ValueError:
            raise BundleError("the model file is not a TFLite file") from None
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        found = [(d["dtype"], list(d["shape_signature"])) for d in (*inputs, *outputs)]
        if found != [(np.float32, [-1, width]), (np.float32, [-1, units])]:
            raise BundleError(
                f"the model file does not take float32 (batch, {width}) "
                f"and answer float32 (batch, {units})"
            )
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
