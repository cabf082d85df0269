"""ONNX: for every other runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modelspec.training.runtime import frozen, keras, quiet

FILE = "model.onnx"
OPSET = 17


def write(model: keras.Model, folder: Path) -> None:
    """Write the model into a folder, bit-identical for equal weights."""
    with quiet():
        import tf2onnx

        function = frozen(model)
        proto, _ = tf2onnx.convert.from_graph_def(
            function.graph.as_graph_def(),
            name="model",
            input_names=[tensor.name for tensor in function.inputs],
            output_names=[tensor.name for tensor in function.outputs],
            opset=OPSET,
        )
    _rename(proto, {function.inputs[0].name: "inputs", function.outputs[0].name: "outputs"})
    (folder / FILE).write_bytes(proto.SerializeToString(deterministic=True))


def _rename(proto: object, names: dict[str, str]) -> None:
    graph = proto.graph  # type: ignore[attr-defined]
    for value in (*graph.input, *graph.output):
        value.name = names.get(value.name, value.name)
    for node in graph.node:
        for side in (node.input, node.output):
            for number, name in enumerate(side):
                side[number] = names.get(name, name)


def run(folder: Path, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Answers of the exported model, float32 (n, units)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        str(folder / FILE), options, providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(["outputs"], {"inputs": inputs})[0])
