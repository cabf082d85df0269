"""Small TFLite networks written with the flatbuffer schema, so no test needs TensorFlow."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float32]
Layer = tuple[Floats, Floats]  # weights (in, out), bias (out)

_OPERATORS = {
    "dense": schema.BuiltinOperator.FULLY_CONNECTED,
    "sigmoid": schema.BuiltinOperator.LOGISTIC,
    "softmax": schema.BuiltinOperator.SOFTMAX,
}


def layers(sizes: Sequence[int], seed: int = 7) -> list[Layer]:
    """Random dense layers from `sizes[0]` inputs to `sizes[-1]` outputs."""
    rng = np.random.default_rng(seed)
    return [
        (
            (rng.normal(size=(a, b)) / np.sqrt(a)).astype(np.float32),
            rng.normal(size=b).astype(np.float32),
        )
        for a, b in pairwise(sizes)
    ]


def answer(network: Sequence[Layer], activation: str, x: NDArray[Any]) -> NDArray[np.float64]:
    """What such a network answers, worked out in float64 by NumPy alone."""
    out = np.asarray(x, np.float64)
    for i, (weights, bias) in enumerate(network):
        out = out @ weights + bias
        if i < len(network) - 1:
            out = np.maximum(out, 0)
    if activation == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-out)))
    if activation == "softmax":
        e = np.exp(out - out.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))
    return np.asarray(out)


def tflite(network: Sequence[Layer], activation: str) -> bytes:
    """A TFLite file: dense layers with relu between them, then `activation` (or none)."""
    graph = _Graph()
    width = network[0][0].shape[0]
    first = current = graph.tensor("inputs", [-1, width])
    for i, (weights, bias) in enumerate(network):
        options = schema.FullyConnectedOptionsT()
        if i < len(network) - 1:
            options.fusedActivationFunction = schema.ActivationFunctionType.RELU
        constants = [graph.constant(f"w{i}", weights.T), graph.constant(f"b{i}", bias)]
        out = graph.tensor(f"dense{i}", [-1, len(bias)])
        kind = schema.BuiltinOptions.FullyConnectedOptions
        graph.operator("dense", [current, *constants], out, kind, options)
        current = out
    if activation in ("sigmoid", "softmax"):
        out = graph.tensor("outputs", [-1, len(network[-1][1])])
        if activation == "softmax":
            softmax = schema.SoftmaxOptionsT()
            softmax.beta = 1.0
            kind = schema.BuiltinOptions.SoftmaxOptions
            graph.operator("softmax", [current], out, kind, softmax)
        else:
            graph.operator("sigmoid", [current], out, schema.BuiltinOptions.NONE, None)
        current = out
    return graph.file(first, current)


class _Graph:
    def __init__(self) -> None:
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.operatorCodes = [_code(value) for value in _OPERATORS.values()]
        self._model.buffers = [schema.BufferT()]
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []

    def tensor(self, name: str, shape: list[int], buffer: int = 0) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.buffer = name.encode(), buffer
        tensor.type = schema.TensorType.FLOAT32
        tensor.shape = [abs(size) for size in shape]
        tensor.shapeSignature = shape
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def constant(self, name: str, values: Floats) -> int:
        buffer = schema.BufferT()
        content = np.ascontiguousarray(values, np.float32)
        buffer.data = np.frombuffer(content.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self.tensor(name, list(content.shape), len(self._model.buffers) - 1)

    def operator(self, name: str, inputs: list[int], out: int, kind: int, options: Any) -> None:
        operator = schema.OperatorT()
        operator.opcodeIndex = list(_OPERATORS).index(name)
        operator.inputs, operator.outputs = inputs, [out]
        operator.builtinOptionsType, operator.builtinOptions = kind, options
        self._graph.operators.append(operator)

    def file(self, first: int, last: int) -> bytes:
        self._graph.inputs, self._graph.outputs = [first], [last]
        self._model.subgraphs = [self._graph]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _code(value: int) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode = value
    code.deprecatedBuiltinCode = value
    code.version = 1
    return code
