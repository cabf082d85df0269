"""A client of the Open Inference Protocol over gRPC, out of the messages alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import grpc
import numpy as np

from modelspec.serving import inference_pb2 as messages
from tests.serving.processes import Server, free_port

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from google.protobuf.message import Message

SERVICE = "inference.GRPCInferenceService"
SECONDS = 20
CONTENTS = {"BYTES": "bytes_contents", "FP64": "fp64_contents", "FP32": "fp32_contents"}


class GrpcServer(Server):
    """A server that answers over gRPC too."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.grpc_port = free_port()
        super().__init__(folder, MODELSPEC_GRPC_PORT=str(self.grpc_port), **variables)

    def __enter__(self) -> Self:
        super().__enter__()
        self.channel = self.connect_grpc()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.channel.close()
        super().__exit__(kind, error, at)

    def connect_grpc(self, **options: int) -> grpc.Channel:
        """A channel of its own, with a connection of its own."""
        wanted = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
        return grpc.insecure_channel(
            f"127.0.0.1:{self.grpc_port}",
            options=[*wanted, *((f"grpc.{name}", value) for name, value in options.items())],
        )

    def call(self, method: str, request: Message | bytes = b"", **options: Any) -> Any:
        """What a method answers.

        Raises:
            grpc.RpcError: it refuses.
        """
        answer = call(self.channel, method, request, **options)
        found = getattr(messages, f"{method}Response")
        return found.FromString(answer)

    def infer(self, tensors: Sequence[Tensor], raw: bool = True, **fields: Any) -> Any:
        return self.call("ModelInfer", infer_request(tensors, raw, **fields))


def call(
    channel: grpc.Channel,
    method: str,
    request: Message | bytes,
    service: str = SERVICE,
    **options: Any,
) -> bytes:
    sent = request if isinstance(request, bytes) else request.SerializeToString()
    made: Any = channel.unary_unary(f"/{service}/{method}")
    answer: bytes = made(sent, timeout=SECONDS, **options)
    return answer


Tensor = tuple[str, str, list[int], list[Any]]  # name, datatype, shape, values


def infer_request(
    tensors: Sequence[Tensor], raw: bool = True, **fields: Any
) -> messages.ModelInferRequest:
    request = messages.ModelInferRequest(**{"model_name": "churn", **fields})
    for name, datatype, shape, values in tensors:
        tensor = request.inputs.add(name=name, datatype=datatype, shape=shape)
        if raw:
            request.raw_input_contents.append(raw_values(datatype, values))
        else:
            encoded = [v.encode() for v in values] if datatype == "BYTES" else values
            getattr(tensor.contents, CONTENTS[datatype]).extend(encoded)
    return request


def raw_values(datatype: str, values: list[Any]) -> bytes:
    if datatype == "BYTES":
        texts = [value.encode() for value in values]
        return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    return np.array(values, {"FP64": "<f8", "FP32": "<f4", "INT64": "<i8"}[datatype]).tobytes()


def outputs(answer: messages.ModelInferResponse) -> dict[str, Any]:
    """The values of each output: texts, or float32."""
    found: dict[str, Any] = {}
    for tensor, raw in zip(answer.outputs, answer.raw_output_contents, strict=True):
        if tensor.datatype == "BYTES":
            found[tensor.name] = texts(raw)
        else:
            found[tensor.name] = np.frombuffer(raw, "<f4").reshape(tensor.shape)
    return found


def texts(raw: bytes) -> list[str]:
    found = []
    while raw:
        size = int.from_bytes(raw[:4], "little")
        found.append(raw[4 : 4 + size].decode())
        raw = raw[4 + size :]
    return found
