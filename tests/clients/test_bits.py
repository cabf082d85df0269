"""Whichever protocol asks, in whatever batches, the answers are the same to the bit."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest

from modelspec.serving import inference_pb2 as messages
from tests.clients.test_clients import KINDS
from tests.serving import calls
from tests.serving.processes import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tests.clients.conftest import Served

    Way = Callable[["Asked", list[list[Any]]], list[float]]

NAMES = list(KINDS)
BATCHES = (1, 7, 32, 500, 1000)


class Asked:
    """One connection of each protocol to a running image."""

    def __init__(self, served: Served) -> None:
        port = served.running.port
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{served.running.grpc_port}")

    def post(self, path: str, body: bytes, **headers: str) -> Any:
        reply = ask(self.http, "POST", path, body, **headers)
        assert reply.status == 200, reply.body
        return reply

    def v1(self, content: Any) -> Any:
        return self.post("/v1/models/churn:predict", json.dumps(content).encode()).json

    def grpc(self, rows: list[list[Any]], raw: bool) -> list[float]:
        request = calls.infer_request(tensors(rows), raw)
        answer = calls.call(self.channel, "ModelInfer", request)
        found = calls.outputs(messages.ModelInferResponse.FromString(answer))
        probabilities: list[float] = found["probability"].tolist()
        return probabilities


def tensors(rows: list[list[Any]]) -> list[calls.Tensor]:
    columns = zip(KINDS.items(), zip(*rows, strict=True), strict=True)
    return [(name, kind, [len(rows)], list(cells)) for (name, kind), cells in columns]


def v1_rows(asked: Asked, rows: list[list[Any]]) -> list[float]:
    return [row["probability"] for row in asked.v1({"instances": rows})["predictions"]]


def v1_named(asked: Asked, rows: list[list[Any]]) -> list[float]:
    named = [dict(zip(NAMES, row, strict=True)) for row in rows]
    return [row["probability"] for row in asked.v1({"instances": named})["predictions"]]


def v1_columns(asked: Asked, rows: list[list[Any]]) -> list[float]:
    columns = dict(zip(NAMES, zip(*rows, strict=True), strict=True))
    found: list[float] = asked.v1({"inputs": columns})["outputs"]["probability"]
    return found


def v2_json(asked: Asked, rows: list[list[Any]]) -> list[float]:
    inputs = [
        {"name": name, "datatype": kind, "shape": shape, "data": cells}
        for name, kind, shape, cells in tensors(rows)
    ]
    reply = asked.post("/v2/models/churn/infer", json.dumps({"inputs": inputs}).encode())
    found: list[float] = reply.json["outputs"][1]["data"]
    return found


def v2_binary(asked: Asked, rows: list[list[Any]]) -> list[float]:
    raw = [calls.raw_values(kind, cells) for _, kind, _, cells in tensors(rows)]
    inputs = [
        {"name": name, "datatype": kind, "shape": shape, "parameters": {"binary_data_size": size}}
        for (name, kind, shape, _), size in zip(tensors(rows), map(len, raw), strict=True)
    ]
    outputs = [{"name": "probability", "parameters": {"binary_data": True}}]
    head = json.dumps({"inputs": inputs, "outputs": outputs}).encode()
    reply = asked.post(
        "/v2/models/churn/infer",
        head + b"".join(raw),
        Inference_Header_Content_Length=str(len(head)),
    )
    start = int(reply.headers["inference-header-content-length"])
    found: list[float] = np.frombuffer(reply.body[start:], "<f4").tolist()
    return found


def grpc_raw(asked: Asked, rows: list[list[Any]]) -> list[float]:
    return asked.grpc(rows, raw=True)


def grpc_contents(asked: Asked, rows: list[list[Any]]) -> list[float]:
    return asked.grpc(rows, raw=False)


@pytest.fixture(scope="module")
def asked(served: Served) -> Iterator[Asked]:
    made = Asked(served)
    yield made
    made.http.close()
    made.channel.close()


@pytest.fixture(scope="module")
def expected(served: Served, rows: list[list[Any]]) -> NDArray[np.float32]:
    """What the model file answers in this process."""
    return served.in_process(served.folder, rows)


WAYS: list[Way] = [v1_rows, v1_named, v1_columns, v2_json, v2_binary, grpc_raw, grpc_contents]


@pytest.mark.parametrize("way", WAYS)
def test_a_thousand_rows_are_answered_as_the_file_itself_answers_to_the_bit(
    asked: Asked, rows: list[list[Any]], expected: NDArray[np.float32], way: Way
) -> None:
    for size in BATCHES:
        found = []
        for start in range(0, len(rows), size):
            found += way(asked, rows[start : start + size])
        bits = np.array(found, np.float64)
        assert bits.tolist() == expected.astype(np.float64).tolist(), size


def test_the_answers_are_those_of_numpy_nearly(
    served: Served, rows: list[list[Any]], expected: NDArray[np.float32]
) -> None:
    assert np.allclose(expected, served.folder.answer(rows)[:, 0], atol=1e-5)
    assert len(set(expected.tolist())) > 900, "they differ from row to row"
