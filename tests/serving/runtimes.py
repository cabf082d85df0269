"""The networks of `networks` as the files of each runtime."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.serving.predictor import Predictor
from modelspec.stages.image import model_file
from tests.serving import networks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.serving.networks import Floats, Layer

RUNTIMES = ("tflite", "onnx", "savedmodel")


def content(runtime: str, network: Sequence[Layer], activation: str) -> bytes:
    """A model file: dense layers with relu between them, then `activation` (or none)."""
    write = {"tflite": networks.tflite, "onnx": _onnx, "savedmodel": _savedmodel}
    return write[runtime](network, activation)


def answers(
    runtime: str, model: bytes, width: int, units: int, batches: Sequence[Floats]
) -> list[Floats]:
    """What a predictor answers to batches, one after the other."""
    predictor = Predictor(runtime, model, width, units)
    return [predictor.predict(rows) for rows in batches]


def _onnx(network: Sequence[Layer], activation: str) -> bytes:
    from onnx import TensorProto, checker, helper, numpy_helper

    nodes, constants = [], []
    current = "inputs"
    for i, (weights, bias) in enumerate(network):
        constants += [numpy_helper.from_array(weights, f"w{i}")]
        constants += [numpy_helper.from_array(bias, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [current, f"w{i}", f"b{i}"], [f"dense{i}"]))
        current = f"dense{i}"
        if i < len(network) - 1:
            nodes.append(helper.make_node("Relu", [current], [f"relu{i}"]))
            current = f"relu{i}"
    last = {"sigmoid": "Sigmoid", "softmax": "Softmax"}.get(activation, "Identity")
    nodes.append(helper.make_node(last, [current], ["outputs"]))
    shapes = (("inputs", network[0][0].shape[0]), ("outputs", len(network[-1][1])))
    first, final = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", columns])
        for name, columns in shapes
    )
    graph = helper.make_graph(nodes, "network", [first], [final], constants)
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    checker.check_model(model)
    return bytes(model.SerializeToString())


def _savedmodel(network: Sequence[Layer], activation: str) -> bytes:
    from modelspec.training import savedmodel
    from modelspec.training.runtime import tf

    class Network(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layers = [(tf.Variable(weights), tf.Variable(bias)) for weights, bias in network]

            def serve(inputs: Any) -> dict[str, Any]:
                for i, (weights, bias) in enumerate(self.layers):
                    inputs = tf.matmul(inputs, weights) + bias
                    inputs = tf.nn.relu(inputs) if i < len(network) - 1 else inputs
                last = {"sigmoid": tf.sigmoid, "softmax": tf.nn.softmax}.get(activation)
                return {"outputs": last(inputs) if last else inputs}

            width = tf.TensorSpec((None, network[0][0].shape[0]), tf.float32, name="inputs")
            self.serve = tf.function(serve, input_signature=[width], autograph=False)

    with tempfile.TemporaryDirectory() as folder:
        savedmodel.write(Network(), Path(folder))
        return model_file("savedmodel", Path(folder))
