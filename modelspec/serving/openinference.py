"""The Open Inference Protocol, version 2, over REST.

A request brings one tensor for each feature, (n) or (n, 1), or, to a model that has only
numbers, one tensor `inputs` (n, features) in the order of the features. Numbers are taken as
they are written: the datatype is checked, but rounds nothing.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from . import tensors
from .answers import Column, Outputs, columns
from .contract import FORMAT, INPUT_TENSOR, integer_version
from .exchange import JSON, Headers, Writer
from .problems import Problem
from .request import decode, refuse_repeated_keys, transposed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .bundle import Bundle
    from .preprocess import Row

_HEADER_LENGTH = "inference-header-content-length"


class Tensor(msgspec.Struct, gc=False):
    """An input; its values are in `data`, or behind the JSON if it has a `binary_data_size`."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Any] | None = None
    parameters: dict[str, Any] = {}


class Wanted(msgspec.Struct, gc=False):
    """An output that is asked for."""

    name: str
    parameters: dict[str, Any] = {}


class InferBody(msgspec.Struct, gc=False):
    """What `infer` is asked with; other keys are passed over."""

    inputs: list[Tensor]
    id: str | None = None
    outputs: list[Wanted] = []
    parameters: dict[str, Any] = {}


class OpenInference:
    """The protocol for one model."""

    def __init__(self, bundle: Bundle) -> None:
        self._about = about = bundle.description
        self._version = str(integer_version(about.version))
        self._texts = {f.name: hasattr(f, "values") for f in about.features}
        self._names = list(self._texts)
        found = columns(about.task, about.classes, about.threshold)
        self._columns = {column.name: column for column in found}
        self._body = msgspec.json.Decoder(InferBody)
        self._encode = msgspec.json.Encoder().encode

    def infer(self, body: bytes, headers: Any) -> tuple[Sequence[Row], Writer]:
        """Reads a request, with or without the binary extension.

        Raises:
            Problem: 400.
        """
        text, raw = _divided(body, headers.get(_HEADER_LENGTH))
        found = decode(self._body, text)
        refuse_repeated_keys(text, 1 + 4 * len(found.inputs))
        rows = self._rows(found.inputs, raw)
        if not rows:
            raise Problem(400, "inputs must hold at least one row")
        wanted = self._wanted(found)
        return rows, lambda outputs: self._write(found.id, wanted, outputs)

    def _rows(self, inputs: list[Tensor], raw: bytes) -> Sequence[Row]:
        cells: dict[str, list[Any]] = {}
        at = 0
        for tensor in inputs:
            size = tensor.parameters.get("binary_data_size")
            if tensor.name in cells:
                raise Problem(400, "inputs has two tensors of one name")
            if size is None:
                cells[tensor.name] = tensors.from_json(tensor.datatype, tensor.data or [])
            else:
                if type(size) is not int or not 0 <= size <= len(raw) - at:
                    raise Problem(400, "binary_data_size is not what follows the JSON")
                cells[tensor.name] = tensors.from_binary(tensor.datatype, raw[at : at + size])
                at += size
        if at != len(raw):
            raise Problem(400, "more follows the JSON than binary_data_size tells")
        if len(inputs) == 1 and (only := inputs[0]).name == INPUT_TENSOR not in self._names:
            return self._matrix(only.shape, cells[INPUT_TENSOR])
        for tensor in inputs:
            if self._texts.get(tensor.name) is not (tensor.datatype == "BYTES"):
                self._refuse_datatype(tensor.name)
            _check_shape(tensor, len(cells[tensor.name]))
        return transposed(cells, self._names)

    def _refuse_datatype(self, name: str) -> None:
        if name in self._texts:
            kind = "BYTES" if self._texts[name] else "a number"
            raise Problem(400, f"{name}: its datatype must be {kind}", feature=name)

    def _matrix(self, shape: list[int], cells: list[Any]) -> list[Row]:
        width = len(self._names)
        if any(self._texts.values()):
            raise Problem(400, "the model has texts among its features: send a tensor for each")
        if len(shape) != 2 or shape[1] != width or shape[0] * width != len(cells):
            raise Problem(400, f"{INPUT_TENSOR} must have the shape [rows, {width}] and fill it")
        return [cells[start : start + width] for start in range(0, len(cells), width)]

    def _wanted(self, found: InferBody) -> list[tuple[Column, bool]]:
        binary = found.parameters.get("binary_data_output") is True
        if not found.outputs:
            return [(column, binary) for column in self._columns.values()]
        try:
            return [
                (self._columns[wanted.name], wanted.parameters.get("binary_data", binary) is True)
                for wanted in found.outputs
            ]
        except KeyError:
            raise Problem(400, f"the outputs are {', '.join(self._columns)}") from None

    def _write(
        self, request: str | None, wanted: list[tuple[Column, bool]], outputs: Outputs
    ) -> tuple[bytes, Headers]:
        shown = []
        raw = []
        for column, binary in wanted:
            values = column.values(outputs)
            if column.shape:
                values = list(chain.from_iterable(values))
            tensor: dict[str, Any] = {
                "name": column.name,
                "datatype": column.datatype,
                "shape": [len(outputs), *column.shape],
            }
            if binary:
                raw.append(tensors.to_binary(column.datatype, values))
                tensor["parameters"] = {"binary_data_size": len(raw[-1])}
            else:
                tensor["data"] = values
            shown.append(tensor)
        answer = {"model_name": self._about.name, "model_version": self._version}
        if request is not None:
            answer["id"] = request
        text = self._encode({**answer, "outputs": shown})
        if not raw:
            return text, JSON
        headers = [("content-type", "application/octet-stream"), (_HEADER_LENGTH, str(len(text)))]
        return b"".join((text, *raw)), headers

    def metadata(self) -> bytes:
        """What the model takes and answers; -1 stands for the number of rows."""
        inputs = [
            {"name": name, "datatype": "BYTES" if text else "FP64", "shape": [-1]}
            for name, text in self._texts.items()
        ]
        shown: dict[str, Any] = {
            "name": self._about.name,
            "versions": [self._version],
            "platform": f"modelspec_{self._about.runtime}",
            "inputs": inputs,
            "outputs": [
                {"name": c.name, "datatype": c.datatype, "shape": [-1, *c.shape]}
                for c in self._columns.values()
            ],
            "parameters": {"classes": self._about.classes},
        }
        if not any(self._texts.values()) and INPUT_TENSOR not in self._texts:
            matrix = {"name": INPUT_TENSOR, "datatype": "FP64", "shape": [-1, len(inputs)]}
            shown["parameters"]["instead_of_inputs"] = [matrix]
        return self._encode(shown)

    def model_ready(self) -> bytes:
        """Body of a model's `/ready`."""
        return self._encode({"name": self._about.name, "ready": True})


def server_metadata() -> bytes:
    """Body of `GET /v2`."""
    extensions = ["binary_tensor_data"]
    return msgspec.json.encode(
        {"name": "modelspec", "version": str(FORMAT), "extensions": extensions}
    )


def _divided(body: bytes, length: str | None) -> tuple[bytes, bytes]:
    """The JSON and what follows it."""
    if length is None:
        return body, b""
    if not (length.isascii() and length.isdecimal()) or not 0 < int(length) <= len(body):
        raise Problem(400, "Inference-Header-Content-Length is not the length of the JSON")
    return body[: int(length)], body[int(length) :]


def _check_shape(tensor: Tensor, count: int) -> None:
    if tensor.shape not in ([count], [count, 1]):
        name = tensor.name[:64]
        raise Problem(
            400,
            f"{name}: its shape must be [rows] or [rows, 1], and its data fill it",
            feature=name,
        )
