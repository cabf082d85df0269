"""ONNX: what ONNX Runtime and others read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelspec.training.graph import Served
from modelspec.training.runtime import tf  # noqa: F401  (tf2onnx must find it set up)
from modelspec.training.tolerance import Answer, Floats

FILE = "model.onnx"
# Of 2022: ONNX Runtime 1.12 and everything newer reads it.
OPSET = 17
_ERRORS_ONLY = 3


def write(served: Served, folder: Path) -> None:
    """Write `model.onnx`, from `inputs` to `outputs`.

    The weights are frozen into the graph first: every other way into tf2onnx turned constants
    of some layers into inputs, without a word.
    """
    import tf2onnx
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    frozen = convert_variables_to_constants_v2(served.concrete())
    (source,), (target,) = frozen.inputs, frozen.outputs
    model, _ = tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        input_names=[source.name],
        output_names=[target.name],
        opset=OPSET,
    )
    _rename(model.graph, {source.name: "inputs", target.name: "outputs"})
    (folder / FILE).write_bytes(model.SerializeToString(deterministic=True))


def _rename(graph: Any, names: dict[str, str]) -> None:
    """Rename tensors wherever they stand, and their first dimension, which has a number."""
    for value in (*graph.input, *graph.output):
        value.name = names[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def load(folder: Path) -> Answer:
    """The model, as ONNX Runtime runs it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    session = onnxruntime.InferenceSession(
        str(folder / FILE), options, providers=["CPUExecutionProvider"]
    )

    def answer(rows: Floats) -> Floats:
        result: Floats = session.run(["outputs"], {"inputs": rows})[0]
        return result

    return answer
