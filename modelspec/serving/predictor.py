"""The network: float32 matrix in, float32 matrix out, by the runtime that the image has."""

from __future__ import annotations

from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from .bundle import BundleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .preprocess import Floats

    # From n >= 1 encoded rows (n, width) to the answer (n, units), an array of its own.
    Run = Callable[[Floats], Floats]
    # From the content of a model file, width and units to what runs it. Raises BundleError if
    # the file is no network of that shape, ImportError if the library is not here.
    Load = Callable[[bytes, int, int], Run]

# Larger requests are run in blocks: the activations of a block stay small, and so does the
# memory of the process, whatever a client sends.
BLOCK_ROWS = 1024
# Rows that are run without a break for others take about so long.
TURN_SECONDS = 0.01
_TRIAL_ROWS = 32


class Predictor:
    """Runs a network whose first axis, the batch, is free.

    Args:
        runtime: one of `contract.MODEL_FILES`; each is a module here with a function `load`.
        model: content of the model file, with one float32 input (batch, width) and one float32
            output (batch, units).
        width: columns of the encoded rows.
        units: columns of the answer.

    Attributes:
        turn_rows: how many rows this machine runs in TURN_SECONDS, BLOCK_ROWS at most.

    Raises:
        BundleError: the file is not such a network, or this image is for another runtime.
    """

    def __init__(self, runtime: str, model: bytes, width: int, units: int) -> None:
        load: Load = import_module(f".{runtime}", __package__).load
        try:
            self._run = load(model, width, units)
        except ImportError as error:
            raise BundleError(f"this image cannot run {runtime}: {error}") from None
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
        """The network's answer (n, units) to encoded rows (n, width), n >= 1.

        A row has the same answer, to the bit, alone and among any others.
        """
        rows = len(encoded)
        if rows <= BLOCK_ROWS:
            return self._run(encoded)
        answer = np.empty((rows, self._units), np.float32)
        for start in range(0, rows, BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            answer[block] = self._run(encoded[block])
        return answer
