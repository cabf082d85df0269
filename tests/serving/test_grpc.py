"""A client of the Open Inference Protocol over gRPC is answered as it expects."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import StatusCode
from grpc_tools import protoc  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelspec.serving import inference_pb2 as messages
from modelspec.serving.contract import MAX_BODY_BYTES, MAX_ROWS
from tests.serving.calls import GrpcServer, Tensor, call, infer_request, outputs
from tests.serving.folders import CHURN_ROW, Folder
from tests.serving.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS: list[list[Any]] = [CHURN_ROW, ["x", 99, "south", 0.1, "web"]]
KINDS = {"plan": "BYTES", "tenure": "FP64", "region": "BYTES", "spend": "FP64", "channel": "BYTES"}


@pytest.fixture(scope="module")
def server(churn_folder: Folder) -> Iterator[GrpcServer]:
    with GrpcServer(churn_folder.path) as running:
        yield running


@pytest.fixture
def own_server(churn_folder: Folder) -> Iterator[GrpcServer]:
    with GrpcServer(churn_folder.path) as running:
        yield running


def tensors(rows: list[list[Any]] = ROWS, *shape: int) -> list[Tensor]:
    columns = zip(KINDS.items(), zip(*rows, strict=True), strict=True)
    return [(name, kind, [len(rows), *shape], list(cells)) for (name, kind), cells in columns]


def changed(name: str, kind: str, shape: list[int], values: list[Any]) -> list[Tensor]:
    return [(name, kind, shape, values) if t[0] == name else t for t in tensors()]


def counted(server: GrpcServer) -> dict[str, float]:
    """How often each code was answered, of those that were."""
    prefix = 'modelspec_requests_total{code="'
    found = server.metrics().items()
    return {name[len(prefix) : -2]: n for name, n in found if name.startswith(prefix) and n}


def refused(server: GrpcServer, code: StatusCode, request: Any, method: str = "ModelInfer") -> str:
    with pytest.raises(grpc.RpcError) as caught:
        server.call(method, request)
    error: Any = caught.value
    assert error.code() is code, error
    details: str = error.details()
    for leak in ("Traceback", "modelspec", "serving/", ".py", "Exception"):
        assert leak not in details
    return details


def test_the_generated_messages_are_those_of_the_proto_file(tmp_path: Path) -> None:
    here = ROOT / "modelspec" / "serving"
    shutil.copy(here / "inference.proto", tmp_path)
    options = (f"-I{tmp_path}", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}")
    assert protoc.main(("protoc", *options, str(tmp_path / "inference.proto"))) == 0
    for name in ("inference_pb2.py", "inference_pb2.pyi"):
        assert (tmp_path / name).read_text() == (here / name).read_text(), "run protoc again"


def test_health_readiness_and_metadata(server: GrpcServer) -> None:
    assert server.call("ServerLive").live
    assert server.call("ServerReady").ready
    assert server.call("ServerMetadata").name == "modelspec"
    for version in ("", "1004"):
        place = messages.ModelReadyRequest(name="churn", version=version)
        assert server.call("ModelReady", place).ready
        about = server.call("ModelMetadata", place)
        assert (about.name, list(about.versions)) == ("churn", ["1004"])
        assert {t.name: t.datatype for t in about.inputs} == KINDS
        assert [(t.name, t.datatype, list(t.shape)) for t in about.outputs] == [
            ("label", "BYTES", [-1]),
            ("probability", "FP32", [-1]),
        ]
    checked = call(server.channel, "Check", b"", service="grpc.health.v1.Health")
    assert checked == b"\x08\x01"


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("shape", [(), (1,)])
def test_the_answers_are_those_of_http_to_the_bit(
    server: GrpcServer, raw: bool, shape: tuple[int, ...]
) -> None:
    expected = server.predict(ROWS).json["predictions"]
    answer = server.infer(tensors(ROWS, *shape), raw, id="a7")
    assert (answer.model_name, answer.model_version, answer.id) == ("churn", "1004", "a7")
    found = outputs(answer)
    assert found["label"] == [row["label"] for row in expected]
    assert found["probability"].tolist() == [row["probability"] for row in expected]


def test_a_feature_may_be_left_out_and_outputs_chosen(server: GrpcServer) -> None:
    some = [tensor for tensor in tensors() if tensor[0] not in ("tenure", "region")]
    wanted = [messages.ModelInferRequest.InferRequestedOutputTensor(name="probability")]
    found = outputs(server.infer(some, outputs=wanted))
    rows = [{"plan": row[0], "spend": row[3], "channel": row[4]} for row in ROWS]
    expected = [row["probability"] for row in server.predict(rows).json["predictions"]]
    assert list(found) == ["probability"]
    assert found["probability"].tolist() == expected


def test_a_model_of_numbers_takes_a_matrix(wine_folder: Folder) -> None:
    matrix = [[0.25, 1.5], [3.0, -2.0], [0.1, 0.2]]
    with GrpcServer(wine_folder.path) as wine:
        expected = wine.predict(matrix, "wine").json["predictions"]
        values = [cell for row in matrix for cell in row]
        answer = wine.infer([("inputs", "FP64", [3, 2], values)], model_name="wine")
    found = outputs(answer)
    assert found["label"] == [row["label"] for row in expected]
    assert found["probabilities"].shape == (3, 3)
    shown = [list(row["probabilities"].values()) for row in expected]
    assert found["probabilities"].tolist() == shown


def test_thousands_of_rows_are_answered(server: GrpcServer) -> None:
    rows = [["pro", i, "north", 1, "web"] for i in range(3000)]
    expected = [row["probability"] for row in server.predict(rows).json["predictions"]]
    assert outputs(server.infer(tensors(rows)))["probability"].tolist() == expected


@pytest.mark.parametrize(
    ("request_of", "code", "detail"),
    [
        (b"\xff\xff", StatusCode.INVALID_ARGUMENT, "is no ModelInferRequest"),
        (b"\x0a\x02\xff\xfe", StatusCode.INVALID_ARGUMENT, "is no ModelInferRequest"),
        (b"", StatusCode.NOT_FOUND, "no such model"),
        (infer_request(tensors(), model_name="other"), StatusCode.NOT_FOUND, "no such model"),
        (infer_request(tensors(), model_version="1"), StatusCode.NOT_FOUND, "not in this version"),
        (infer_request([]), StatusCode.INVALID_ARGUMENT, "at least one feature"),
        (infer_request(tensors()[1:]), StatusCode.INVALID_ARGUMENT, "instance 0: plan: is missing"),
        (infer_request([*tensors(), *tensors()[:1]]), StatusCode.INVALID_ARGUMENT, "of one name"),
    ],
)
def test_a_message_that_is_no_request_is_refused(
    server: GrpcServer, request_of: Any, code: StatusCode, detail: str
) -> None:
    assert detail in refused(server, code, request_of)


@pytest.mark.parametrize(
    ("tensor", "detail"),
    [
        (("tenure", "FP64", [2], [1.0, float("nan")]), "instance 1: tenure: must be a finite"),
        (("tenure", "FP64", [2], [float("inf"), 1.0]), "instance 0: tenure: must be a finite"),
        (("tenure", "FP64", [2], [1e300, 1.0]), "instance 0: tenure: is too large"),
        (("spend", "FP64", [2], [1.0, -1.0]), "instance 1: spend: must be between"),
        (("tenure", "FP64", [3], [1.0, 2.0]), "tenure: its shape must be"),
        (("tenure", "FP64", [2, 2], [1.0, 2.0]), "tenure: its shape must be"),
        (("tenure", "FP64", [-2], [1.0, 2.0]), "tenure: its shape must be"),
        (("tenure", "FP64", [2**62], [1.0, 2.0]), "tenure: its shape must be"),
        (("tenure", "FP64", [3], [1.0, 2.0, 3.0]), "tenure: has 3 rows where plan has 2"),
        (("tenure", "FP64", [0], []), "tenure: has 0 rows where plan has 2"),
        (("tenure", "BYTES", [2], ["1", "2"]), "tenure: its datatype must be a number"),
        (("plan", "FP64", [2], [1.0, 2.0]), "plan: its datatype must be BYTES"),
    ],
)
@pytest.mark.parametrize("raw", [True, False])
def test_a_tensor_that_is_not_right_is_refused(
    server: GrpcServer, tensor: Tensor, detail: str, raw: bool
) -> None:
    request = infer_request(changed(*tensor), raw)
    assert detail in refused(server, StatusCode.INVALID_ARGUMENT, request)


def test_what_only_contents_or_only_raw_values_can_have_wrong_is_refused(
    server: GrpcServer,
) -> None:
    def refusal(request: Any) -> str:
        return refused(server, StatusCode.INVALID_ARGUMENT, request)

    both = infer_request(tensors())
    both.inputs[1].contents.fp64_contents.extend([1.0, 2.0])
    assert "the values of all inputs" in refusal(both)
    few = infer_request(tensors())
    del few.raw_input_contents[0]
    assert "the values of all inputs" in refusal(few)
    short = infer_request(tensors())
    short.raw_input_contents[1] = b"1234567"
    assert "bytes left over" in refusal(short)
    torn = infer_request(tensors())
    torn.raw_input_contents[0] = b"\x09\0\0\0pro"
    assert "ends within a text" in refusal(torn)
    half = infer_request(tensors(), raw=False)
    half.inputs[1].datatype = "FP16"
    assert "must have raw contents" in refusal(half)
    other = infer_request(tensors(), raw=False)
    other.inputs[1].datatype = "INT32"
    assert "must have int_contents" in refusal(other)
    unknown = infer_request(tensors(), raw=False)
    unknown.inputs[1].datatype = "COMPLEX"
    assert "must be one of" in refusal(unknown)
    latin = infer_request(tensors(), raw=False)
    latin.inputs[0].contents.bytes_contents[0] = b"\xe9"
    assert "not UTF-8" in refusal(latin)
    asked = infer_request(tensors())
    asked.outputs.add(name="score")
    assert refusal(asked).endswith("label, probability")


def test_other_methods_are_not_implemented(server: GrpcServer) -> None:
    for service, method in (
        ("inference.GRPCInferenceService", "RepositoryModelLoad"),
        ("tensorflow.serving.PredictionService", "Predict"),
        ("grpc.health.v1.Health", "Watch"),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            call(server.channel, method, b"", service)
        error: Any = caught.value
        assert (error.code(), error.details()) == (
            StatusCode.UNIMPLEMENTED,
            "there is no such method",
        )
    place = messages.ModelReadyRequest(name="other")
    assert "no such model" in refused(server, StatusCode.NOT_FOUND, place, "ModelReady")


def test_requests_are_counted_with_those_of_http(own_server: GrpcServer) -> None:
    own_server.infer(tensors())
    own_server.predict(ROWS)
    refused(own_server, StatusCode.INVALID_ARGUMENT, infer_request([]))
    refused(own_server, StatusCode.NOT_FOUND, infer_request(tensors(), model_name="x"))
    with pytest.raises(grpc.RpcError):
        call(own_server.channel, "None", b"")
    own_server.call("ServerReady")
    assert counted(own_server) == {"200": 2, "400": 1, "404": 2}
    metrics = own_server.metrics()
    assert metrics["modelspec_predictions_total"] == 4
    assert metrics["modelspec_request_duration_seconds_count"] == 2
    assert metrics["modelspec_requests_in_flight"] == 0


def test_a_message_has_at_most_so_many_bytes_and_rows(own_server: GrpcServer) -> None:
    rows = [["pro", i, "a", 1, "w"] for i in range(MAX_ROWS + 1)]
    big = infer_request(tensors(rows))
    assert big.ByteSize() < MAX_BODY_BYTES
    assert "at most 20000 rows" in refused(own_server, StatusCode.RESOURCE_EXHAUSTED, big)
    large = b"\0" * (MAX_BODY_BYTES + 1)
    refused(own_server, StatusCode.RESOURCE_EXHAUSTED, large)
    assert counted(own_server) == {"413": 2}
    assert own_server.infer(tensors()).outputs


def test_compressed_messages_are_refused(server: GrpcServer) -> None:
    bomb = infer_request(tensors(), id="x" * 900_000)
    with pytest.raises(grpc.RpcError) as caught:
        server.call("ModelInfer", bomb, compression=grpc.Compression.Gzip)
    error: Any = caught.value
    assert error.code() is StatusCode.UNIMPLEMENTED


@given(message=st.binary(max_size=60) | st.binary(max_size=40).map(lambda b: b"\x0a\x05churn" + b))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_message_is_answered_or_refused_and_never_an_error(
    server: GrpcServer, message: bytes
) -> None:
    try:
        server.call("ModelInfer", message)
    except grpc.RpcError as error:
        code = error.code()
        assert code in (StatusCode.INVALID_ARGUMENT, StatusCode.NOT_FOUND), message
    assert server.channel is not None
