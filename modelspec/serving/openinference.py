"""The Open Inference Protocol, version 2, over REST, with its binary extension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from . import tensors
from .answers import Column, Outputs
from .contract import FORMAT
from .exchange import JSON, Headers, Writer
from .problems import Problem
from .request import decode, refuse_repeated_keys
from .signature import SERVER, Signature, flat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .preprocess import Row

EXTENSIONS = ["binary_tensor_data"]
_HEADER_LENGTH = "inference-header-content-length"


class TensorParameters(msgspec.Struct, frozen=True, gc=False):
    """What is said of an input; other keys are passed over, here and below."""

    binary_data_size: int | None = None


class WantedParameters(msgspec.Struct, frozen=True, gc=False):
    """What is said of an output."""

    binary_data: bool | None = None


class Parameters(msgspec.Struct, frozen=True, gc=False):
    """What is said of all outputs."""

    binary_data_output: bool = False


class Tensor(msgspec.Struct, gc=False):
    """An input; its values are in `data`, or behind the JSON if it has a `binary_data_size`."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Any] | None = None
    parameters: TensorParameters = TensorParameters()


class Wanted(msgspec.Struct, gc=False):
    """An output that is asked for."""

    name: str
    parameters: WantedParameters = WantedParameters()


class InferBody(msgspec.Struct, gc=False):
    """What `infer` is asked with; other keys are passed over."""

    inputs: list[Tensor]
    id: str | None = None
    outputs: list[Wanted] = []
    parameters: Parameters = Parameters()


class OpenInference:
    """The protocol for one model."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
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
        rows = self._signature.rows(found.inputs, _cells(found.inputs, raw))
        wanted = self._wanted(found)
        return rows, lambda outputs: self._write(found.id, wanted, outputs)

    def _wanted(self, found: InferBody) -> list[tuple[Column, bool]]:
        binary = found.parameters.binary_data_output
        columns = self._signature.wanted(wanted.name for wanted in found.outputs)
        if not found.outputs:
            return [(column, binary) for column in columns]
        asked = (wanted.parameters.binary_data for wanted in found.outputs)
        return [
            (column, binary if own is None else own)
            for column, own in zip(columns, asked, strict=True)
        ]

    def _write(
        self, request: str | None, wanted: list[tuple[Column, bool]], outputs: Outputs
    ) -> tuple[bytes, Headers]:
        shown = []
        raw = []
        for column, binary in wanted:
            values = flat(column, outputs)
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
        answer = {"model_name": self._signature.name, "model_version": self._signature.version}
        if request is not None:
            answer["id"] = request
        text = self._encode({**answer, "outputs": shown})
        if not raw:
            return text, JSON
        headers = [("content-type", "application/octet-stream"), (_HEADER_LENGTH, str(len(text)))]
        return b"".join((text, *raw)), headers

    def metadata(self) -> bytes:
        """What the model takes and answers."""
        signature = self._signature
        shown: dict[str, Any] = {
            "name": signature.name,
            "versions": [signature.version],
            "platform": signature.platform,
            "inputs": signature.inputs(),
            "outputs": signature.outputs(),
            "parameters": {"classes": signature.classes},
        }
        if instead := signature.instead_of_inputs():
            shown["parameters"]["instead_of_inputs"] = instead
        return self._encode(shown)

    def model_ready(self) -> bytes:
        """Body of a model's `/ready`."""
        return self._encode({"name": self._signature.name, "ready": True})


def server_metadata() -> bytes:
    """Body of `GET /v2`."""
    return msgspec.json.encode({"name": SERVER, "version": str(FORMAT), "extensions": EXTENSIONS})


def _divided(body: bytes, length: str | None) -> tuple[bytes, bytes]:
    """The JSON and what follows it."""
    if length is None:
        return body, b""
    if not (length.isascii() and length.isdecimal()) or not 0 < int(length) <= len(body):
        raise Problem(400, "Inference-Header-Content-Length is not the length of the JSON")
    return body[: int(length)], body[int(length) :]


def _cells(inputs: list[Tensor], raw: bytes) -> list[list[Any]]:
    """The values of each tensor, out of the JSON or of what follows it."""
    cells = []
    at = 0
    for tensor in inputs:
        size = tensor.parameters.binary_data_size
        if size is None:
            cells.append(tensors.from_json(tensor.datatype, tensor.data or []))
            continue
        if not 0 <= size <= len(raw) - at:
            raise Problem(400, "binary_data_size is not what follows the JSON")
        cells.append(tensors.from_binary(tensor.datatype, raw[at : at + size]))
        at += size
    if at != len(raw):
        raise Problem(400, "more follows the JSON than binary_data_size tells")
    return cells
