"""The Open Inference Protocol, version 2, over gRPC: messages in, messages out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.message import DecodeError, Message

from . import tensors
from .answers import Column, Outputs
from .contract import FORMAT
from .exchange import Headers, Writer
from .inference_pb2 import (
    ModelInferRequest,
    ModelInferResponse,
    ModelMetadataRequest,
    ModelMetadataResponse,
    ModelReadyRequest,
    ModelReadyResponse,
    ServerLiveResponse,
    ServerMetadataResponse,
    ServerReadyResponse,
)
from .problems import Problem
from .signature import SERVER, Described, Signature, flat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .preprocess import Row

    # Whether the server takes requests, and a message -> a message.
    View = Callable[[bool, bytes], bytes]

Known = TypeVar("Known", bound=Message)

_CONTENTS = {
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "INT64": "int64_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


class Messages:
    """The protocol for one model.

    Attributes:
        shown: what is answered without a prediction, by method.
    """

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self.shown: dict[str, View] = {
            "ServerLive": _always(ServerLiveResponse(live=True)),
            "ServerReady": lambda ready, _: ServerReadyResponse(ready=ready).SerializeToString(),
            "ServerMetadata": _always(ServerMetadataResponse(name=SERVER, version=str(FORMAT))),
            "ModelReady": self._model_ready,
            "ModelMetadata": self._model_metadata,
        }

    def infer(self, message: bytes, _headers: Any) -> tuple[Sequence[Row], Writer]:
        """Reads a request, whether its values are raw or not.

        Raises:
            Problem: 400, or 404 if another model is asked for.
        """
        found = _parsed(ModelInferRequest, message)
        self._check_model(found.model_name, found.model_version)
        cells = _cells(found.inputs, found.raw_input_contents)
        rows = self._signature.rows(found.inputs, cells)
        wanted = self._signature.wanted(output.name for output in found.outputs)
        return rows, lambda outputs: self._write(found.id, wanted, outputs)

    def _check_model(self, name: str, version: str) -> None:
        if name != self._signature.name or version not in ("", self._signature.version):
            raise Problem(404, "there is no such model here, or not in this version")

    def _write(
        self, request: str, wanted: Sequence[Column], outputs: Outputs
    ) -> tuple[bytes, Headers]:
        answer = ModelInferResponse(
            model_name=self._signature.name, model_version=self._signature.version, id=request
        )
        for column in wanted:
            shape = (len(outputs), *column.shape)
            answer.outputs.add(name=column.name, datatype=column.datatype, shape=shape)
            # Raw, whatever was asked: not every client looks anywhere else.
            raw = tensors.to_binary(column.datatype, flat(column, outputs))
            answer.raw_output_contents.append(raw)
        return answer.SerializeToString(), []

    def _model_ready(self, ready: bool, message: bytes) -> bytes:  # noqa: FBT001
        found = _parsed(ModelReadyRequest, message)
        self._check_model(found.name, found.version)
        return ModelReadyResponse(ready=ready).SerializeToString()

    def _model_metadata(self, _ready: bool, message: bytes) -> bytes:  # noqa: FBT001
        found = _parsed(ModelMetadataRequest, message)
        self._check_model(found.name, found.version)
        signature = self._signature
        answer = ModelMetadataResponse(
            name=signature.name,
            versions=[signature.version],
            platform=signature.platform,
            inputs=_shown(signature.inputs()),
            outputs=_shown(signature.outputs()),
        )
        return answer.SerializeToString()


def _always(message: Message) -> View:
    content = message.SerializeToString()
    return lambda _ready, _message: content


def _shown(tensors: Iterable[Described]) -> list[ModelMetadataResponse.TensorMetadata]:
    return [
        ModelMetadataResponse.TensorMetadata(name=t.name, datatype=t.datatype, shape=t.shape)
        for t in tensors
    ]


def _parsed(kind: type[Known], message: bytes) -> Known:
    try:
        return kind.FromString(message)
    except DecodeError:
        raise Problem(400, f"the message is no {kind.DESCRIPTOR.name}") from None


def _cells(
    inputs: Sequence[ModelInferRequest.InferInputTensor], raw: Sequence[bytes]
) -> list[list[Any]]:
    """The values of each tensor: all of them raw, or none."""
    if not raw:
        return [_contents(tensor) for tensor in inputs]
    if len(raw) != len(inputs) or any(tensor.HasField("contents") for tensor in inputs):
        raise Problem(400, "raw_input_contents must have the values of all inputs, or be empty")
    return [
        tensors.from_binary(tensor.datatype, content)
        for tensor, content in zip(inputs, raw, strict=True)
    ]


def _contents(tensor: ModelInferRequest.InferInputTensor) -> list[Any]:
    tensors.check(tensor.datatype)
    field = _CONTENTS.get(tensor.datatype)
    filled = [field.name for field, _ in tensor.contents.ListFields()]
    if filled not in ([], [field]):
        raise Problem(400, f"a tensor of {tensor.datatype} must have {field or 'raw contents'}")
    values = list(getattr(tensor.contents, field)) if field else []
    return tensors.decoded(values) if tensor.datatype == "BYTES" else values
