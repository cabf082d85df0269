"""A client of the Open Inference Protocol is answered as it expects."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.folders import CHURN_ROW
from tests.serving.processes import Server
from tests.serving.test_refusals import problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.serving.folders import Folder
    from tests.serving.processes import Reply

PATH = "/v2/models/churn/infer"
ROWS: list[list[Any]] = [CHURN_ROW, ["x", 99, "south", 0.1, "web"]]
KINDS = {"plan": "BYTES", "tenure": "FP64", "region": "BYTES", "spend": "FP32", "channel": "BYTES"}
Json = dict[str, Any]


@pytest.fixture(scope="module")
def wine_server(wine_folder: Folder) -> Iterator[Server]:
    with Server(wine_folder.path) as running:
        yield running


def tensors(rows: list[list[Any]], *shape: int) -> list[Json]:
    columns = zip(KINDS.items(), zip(*rows, strict=True), strict=True)
    return [
        {"name": name, "datatype": kind, "shape": [len(rows), *shape], "data": list(cells)}
        for (name, kind), cells in columns
    ]


def infer(server: Server, content: Json, path: str = PATH) -> Reply:
    return server.request("POST", path, json.dumps(content).encode())


def changed(tensor: str, /, **changes: Any) -> list[Json]:
    return [t | changes if t["name"] == tensor else t for t in tensors(ROWS)]


def texts(*values: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(value)) + value for value in values)


def binary(raw: dict[str, bytes], **more: Any) -> tuple[bytes, str]:
    """A request in the binary extension, and the length of its JSON."""
    inputs: list[Json] = [
        {
            "name": name,
            "datatype": KINDS[name],
            "shape": [2, 1],
            "parameters": {"binary_data_size": len(raw[name])},
        }
        for name in KINDS
    ]
    head = json.dumps({"inputs": inputs, **more}).encode()
    return head + b"".join(raw.values()), str(len(head))


RAW = {
    "plan": texts(b"pro", b"x"),
    "tenure": np.array([3.5, 99], "<f8").tobytes(),
    "region": texts(b"north", b"south"),
    "spend": np.array([60, 0.1], "<f4").tobytes(),
    "channel": texts(b"phone", b"web"),
}


def test_health_and_readiness_are_json(server: Server) -> None:
    assert server.request("GET", "/v2/health/live").json == {"live": True}
    assert server.request("GET", "/v2/health/ready").json == {"ready": True}
    for place in ("", "/versions/1004"):
        reply = server.request("GET", f"/v2/models/churn{place}/ready")
        assert (reply.status, reply.json) == (200, {"name": "churn", "ready": True})
    about = server.request("GET", "/v2").json
    assert (about["name"], about["extensions"]) == ("modelspec", ["binary_tensor_data"])


def test_the_metadata_name_a_tensor_for_each_feature(server: Server, wine_server: Server) -> None:
    about = server.request("GET", "/v2/models/churn").json
    assert (about["name"], about["versions"]) == ("churn", ["1004"])
    assert {t["name"]: t["datatype"] for t in about["inputs"]} == {**KINDS, "spend": "FP64"}
    assert about["outputs"] == [
        {"name": "label", "datatype": "BYTES", "shape": [-1]},
        {"name": "probability", "datatype": "FP32", "shape": [-1]},
    ]
    assert "instead_of_inputs" not in about["parameters"]
    wine = wine_server.request("GET", "/v2/models/wine/versions/1004").json
    assert wine["outputs"][1] == {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]}
    assert wine["parameters"] == {
        "classes": ["barolo", "grignolino", "barbera"],
        "instead_of_inputs": [{"name": "inputs", "datatype": "FP64", "shape": [-1, 2]}],
    }


@pytest.mark.parametrize("shape", [(), (1,)])
@pytest.mark.parametrize("path", [PATH, "/v2/models/churn/versions/1004/infer"])
def test_the_answers_are_those_of_predict_to_the_bit(
    server: Server, shape: tuple[int, ...], path: str
) -> None:
    rows = server.predict(ROWS).json["predictions"]
    content = {"id": "a7", "model_name": "churn", "inputs": tensors(ROWS, *shape)}
    assert infer(server, content, path).json == {
        "model_name": "churn",
        "model_version": "1004",
        "id": "a7",
        "outputs": [
            {
                "name": "label",
                "datatype": "BYTES",
                "shape": [2],
                "data": [row["label"] for row in rows],
            },
            {
                "name": "probability",
                "datatype": "FP32",
                "shape": [2],
                "data": [row["probability"] for row in rows],
            },
        ],
    }


def test_missing_cells_are_null_or_left_out(server: Server) -> None:
    rows = server.predict([[r[0], None, None, r[3], None] for r in ROWS]).json["predictions"]
    inputs = changed("tenure", data=[None, None])
    inputs = [t for t in inputs if t["name"] not in ("region", "channel")]
    (output,) = infer(server, {"inputs": inputs, "outputs": [{"name": "probability"}]}).json[
        "outputs"
    ]
    assert output["data"] == [row["probability"] for row in rows]


@pytest.mark.parametrize("data", [[1, 2, 3, 4.5], [[1, 2], [3, 4.5]]])
def test_a_model_of_numbers_takes_one_tensor_as_well(wine_server: Server, data: list[Any]) -> None:
    rows = wine_server.predict([[1, 2], [3, 4.5]], "wine").json["predictions"]
    tensor = {"name": "inputs", "datatype": "FP32", "shape": [2, 2], "data": data}
    reply = infer(wine_server, {"inputs": [tensor]}, "/v2/models/wine/infer")
    label, probabilities = reply.json["outputs"]
    assert label["data"] == [row["label"] for row in rows]
    assert probabilities["shape"] == [2, 3]
    assert probabilities["data"] == [p for row in rows for p in row["probabilities"].values()]


def test_binary_tensors_are_read_and_written(server: Server) -> None:
    near = float(np.float32(0.1))
    rows = server.predict([ROWS[0], [*ROWS[1][:3], near, "web"]]).json["predictions"]
    body, length = binary(RAW, parameters={"binary_data_output": True}, id="1")
    reply = server.request("POST", PATH, body, Inference_Header_Content_Length=length)
    assert reply.headers["content-type"] == "application/octet-stream"
    size = int(reply.headers["inference-header-content-length"])
    head, raw = json.loads(reply.body[:size]), reply.body[size:]
    labels, probabilities = head["outputs"]
    assert "data" not in labels
    at = labels["parameters"]["binary_data_size"]
    assert raw[:at] == texts(*(row["label"].encode() for row in rows))
    assert probabilities["parameters"] == {"binary_data_size": 8}
    assert np.frombuffer(raw[at:], "<f4").tolist() == [row["probability"] for row in rows]

    body, length = binary(RAW)
    reply = server.request("POST", PATH, body, Inference_Header_Content_Length=length)
    assert reply.json["outputs"][1]["data"] == [row["probability"] for row in rows]


@pytest.mark.parametrize(
    ("inputs", "detail"),
    [
        ([], "at least one feature"),
        (tensors(ROWS) * 2, "two tensors of one name"),
        (changed("spend", datatype="BF16"), "must be one of FP16"),
        (changed("spend", datatype="INT8"), "must hold integers"),
        (changed("spend", datatype="BYTES"), "spend: its datatype must be a number"),
        (changed("plan", datatype="FP32"), "plan: its datatype must be BYTES"),
        (changed("spend", shape=[3]), "spend: its shape must be [rows]"),
        (changed("spend", shape=[1, 2]), "spend: its shape must be [rows]"),
        (changed("spend", data=[[1], [2, 3]]), "must have one length"),
        (changed("spend", data=[1], shape=[1]), "spend: has 1 rows where plan has 2"),
        (changed("spend", data=[1, "x"]), "instance 1: spend: must be a number"),
        (changed("spend", data=[1, True]), "instance 1: spend: must be a number"),
        (changed("spend", name="colour"), "colour: is not a feature"),
        (changed("spend", data=None), "spend: its shape"),
        (changed("spend", parameters={"binary_data_size": 8}), "binary_data_size is not"),
        (
            [{"name": "inputs", "datatype": "FP32", "shape": [1, 5], "data": [1] * 5}],
            "send a tensor for each",
        ),
    ],
)
def test_tensors_that_are_not_right_are_refused(
    server: Server, inputs: list[Json], detail: str
) -> None:
    assert detail in problem(infer(server, {"inputs": inputs}), 400)["detail"]


def test_a_tensor_of_all_features_has_to_fit(wine_server: Server) -> None:
    for shape, data in (([1, 3], [1] * 3), ([2, 2], [1] * 3), ([4], [1] * 4)):
        tensor = {"name": "inputs", "datatype": "FP32", "shape": shape, "data": data}
        reply = infer(wine_server, {"inputs": [tensor]}, "/v2/models/wine/infer")
        assert "the shape [rows, 2]" in problem(reply, 400)["detail"]


def test_an_output_that_there_is_not_is_refused_with_those_there_are(server: Server) -> None:
    content = {"inputs": tensors(ROWS), "outputs": [{"name": "score"}]}
    assert problem(infer(server, content), 400)["detail"].endswith("label, probability")


@pytest.mark.parametrize(
    ("raw", "length", "detail"),
    [
        (RAW, "0", "is not the length"),
        (RAW, "99999", "is not the length"),
        (RAW, "-1", "is not the length"),
        (RAW, "²", "not valid JSON"),  # no header for HTTP, so as if there was none
        (RAW | {"plan": texts(b"pro", b"x")[:-1]}, None, "ends within a text"),
        (RAW | {"plan": texts(b"pro") + b"\x01"}, None, "ends within a text"),
        (RAW | {"plan": texts(b"pro", b"\xff")}, None, "not UTF-8"),
        (RAW | {"tenure": b"1234567"}, None, "bytes left over"),
        (RAW | {"tenure": b""}, None, "its shape"),
        (RAW | {"tenure": np.array([1, np.nan]).tobytes()}, None, "must be a finite number"),
        (RAW | {"more": b"x"}, None, "more follows the JSON"),
    ],
)
def test_binary_tensors_that_are_not_right_are_refused(
    server: Server, raw: dict[str, bytes], length: str | None, detail: str
) -> None:
    body, right = binary(raw)
    reply = server.request("POST", PATH, body, Inference_Header_Content_Length=length or right)
    assert detail in problem(reply, 400)["detail"]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
_TENSORS = st.fixed_dictionaries(
    {
        "name": st.sampled_from([*KINDS, "inputs"]) | st.text(max_size=3),
        "shape": st.lists(st.integers(-1, 3), max_size=3),
        "datatype": st.sampled_from(["FP32", "INT8", "BYTES"]) | st.text(max_size=3),
    },
    optional={
        "data": st.lists(_VALUES, max_size=3),
        "parameters": st.fixed_dictionaries({}, optional={"binary_data_size": _VALUES}),
    },
)


@given(
    inputs=st.lists(_TENSORS, max_size=3),
    good=st.booleans(),
    raw=st.binary(max_size=12),
    length=st.none() | st.integers(0, 300),
)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_request_is_answered_or_refused_and_never_an_error(
    server: Server, inputs: list[Json], good: bool, raw: bytes, length: int | None
) -> None:
    content = {"inputs": tensors(ROWS) if good else inputs}
    header = {} if length is None else {"Inference_Header_Content_Length": str(length)}
    reply = server.request("POST", PATH, json.dumps(content).encode() + raw, **header)
    assert reply.status in (200, 400), reply
    assert isinstance(reply.json, dict)
