"""The network as every other server runs it: the same file, library and arithmetic."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter


class Network:
    """Raw rows in, predictions out; one thread."""

    def __init__(self) -> None:
        folder = Path(os.environ["BENCH_MODEL"])
        about = json.loads((folder / "serving.json").read_text())
        self._negative, self._positive = about["classes"]
        self._mean = np.array([f["mean"] for f in about["features"]], np.float64)
        self._scale = np.array([f["scale"] for f in about["features"]], np.float64)
        self._interpreter = Interpreter(str(folder / "model.tflite"), num_threads=1)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._rows = 0
        self._alone = threading.Lock()  # some servers call from several threads

    def probabilities(self, rows: object) -> np.ndarray:
        """float32 (n,) of rows (n, features)."""
        x = np.asarray(rows, np.float64)
        encoded = ((x - self._mean) / self._scale).astype(np.float32)
        interpreter = self._interpreter
        with self._alone:
            if len(x) != self._rows:
                interpreter.resize_tensor_input(self._input, x.shape)
                interpreter.allocate_tensors()
                self._rows = len(x)
            interpreter.set_tensor(self._input, encoded)
            interpreter.invoke()
            return interpreter.get_tensor(self._output)[:, 0]

    def predictions(self, rows: object) -> list[dict[str, object]]:
        """A label and a probability for each row."""
        return [
            {"label": self._positive if p >= 0.5 else self._negative, "probability": p}
            for p in self.probabilities(rows).tolist()
        ]
