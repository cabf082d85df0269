"""A client of TensorFlow Serving's REST interface is answered as it expects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from modelspec.serving import contract
from tests.serving.folders import CHURN_ROW, Folder
from tests.serving.processes import Server
from tests.serving.test_refusals import problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.serving.processes import Reply

NAMES = ["plan", "tenure", "region", "spend", "channel"]
ROWS: list[list[Any]] = [CHURN_ROW, ["free", None, None, 7.25, None], ["x", 99, "south", 0, "web"]]
INPUTS = dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True))
NAMED = [dict(zip(NAMES, row, strict=True)) for row in ROWS]


@pytest.fixture(scope="module")
def wine_server(wine_folder: Folder) -> Iterator[Server]:
    with Server(wine_folder.path) as running:
        yield running


@pytest.fixture(scope="module")
def rent_server(rent_folder: Folder) -> Iterator[Server]:
    with Server(rent_folder.path) as running:
        yield running


def post(server: Server, path: str, content: object) -> Reply:
    return server.request("POST", path, json.dumps(content).encode())


@pytest.mark.parametrize(
    "version", [("1.4", 1004), ("0.0", 0), ("12.999", 12_999), ("13.0", 13_000)]
)
def test_the_integer_version_is_a_thousand_majors_and_the_minor(version: tuple[str, int]) -> None:
    assert contract.integer_version(version[0]) == version[1]


@pytest.mark.parametrize("place", ["", "/versions/1004", "/labels/stable"])
def test_the_version_and_the_label_of_the_one_model_there_is_are_answered(
    server: Server, place: str
) -> None:
    path = f"/v1/models/churn{place}"
    assert post(server, f"{path}:predict", {"instances": ROWS}).json == server.predict(ROWS).json
    assert server.request("GET", path).json == server.request("GET", "/v1/models/churn").json
    assert server.request("GET", f"{path}/metadata").status == 200


def test_the_status_suits_clients_of_tensorflow_serving_and_of_kserve(server: Server) -> None:
    about = server.request("GET", "/v1/models/churn").json
    assert about["model_version_status"] == [
        {
            "version": "1004",
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
    ]
    assert (about["name"], about["ready"]) == ("churn", True)
    assert server.request("GET", "/").json == {"status": "alive"}


def test_the_metadata_name_every_feature_and_every_output(server: Server) -> None:
    about = server.request("GET", "/v1/models/churn/metadata").json
    assert about["model_spec"] == {"name": "churn", "signature_name": "", "version": "1004"}
    signature = about["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert {name: tensor["dtype"] for name, tensor in signature["inputs"].items()} == {
        "plan": "DT_STRING",
        "tenure": "DT_DOUBLE",
        "region": "DT_STRING",
        "spend": "DT_DOUBLE",
        "channel": "DT_STRING",
    }
    assert list(signature["inputs"]) == NAMES
    assert list(signature["outputs"]) == ["label", "probability"]
    shape = signature["outputs"]["probability"]["tensor_shape"]
    assert shape == {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}


def test_columns_have_the_answers_of_rows_to_the_bit(server: Server) -> None:
    rows = server.predict(ROWS).json["predictions"]
    inputs = {name: [[cell] for cell in cells] for name, cells in INPUTS.items()}
    for columns in (INPUTS, inputs):
        outputs = post(server, "/v1/models/churn:predict", {"inputs": columns}).json["outputs"]
        assert outputs == {
            "label": [row["label"] for row in rows],
            "probability": [row["probability"] for row in rows],
        }


def test_a_single_output_stands_without_its_name(rent_server: Server) -> None:
    rows = rent_server.predict([[55], [120.5]], "rent").json["predictions"]
    for inputs in ({"area": [55, 120.5]}, [[55], [120.5]]):
        reply = post(rent_server, "/v1/models/rent:predict", {"inputs": inputs})
        assert reply.json == {"outputs": rows}


def test_columns_of_probabilities_are_in_the_order_of_the_classes(wine_server: Server) -> None:
    (row,) = wine_server.predict([[1, 2]], "wine").json["predictions"]
    reply = post(wine_server, "/v1/models/wine:predict", {"inputs": {"acid": [1], "ash": [2]}})
    classes = wine_server.request("GET", "/v1/models/wine").json["classes"]
    assert reply.json["outputs"] == {
        "label": [row["label"]],
        "probabilities": [[row["probabilities"][name] for name in classes]],
    }


def test_a_column_that_is_left_out_is_missing_in_every_row(server: Server) -> None:
    fewer = {name: cells for name, cells in INPUTS.items() if name != "tenure"}
    rows = [[row[0], None, *row[2:]] for row in ROWS]
    expected = [row["probability"] for row in server.predict(rows).json["predictions"]]
    outputs = post(server, "/v1/models/churn:predict", {"inputs": fewer}).json["outputs"]
    assert outputs["probability"] == expected


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ({}, "either instances or inputs"),
        ({"instances": ROWS, "inputs": INPUTS}, "either instances or inputs"),
        ({"instances": ROWS, "signature_name": "other"}, "signature_name must be serving_default"),
        ({"instances": [], "signature_name": "serving_default"}, "at least one row"),
        ({"inputs": {}}, "at least one feature"),
        ({"inputs": []}, "at least one row"),
        ({"inputs": {"plan": [], "spend": []}}, "at least one row"),
        ({"inputs": {**INPUTS, "colour": [1, 2, 3]}}, "colour: is not a feature"),
        ({"inputs": {**INPUTS, "spend": [1]}}, "spend: has 1 rows where plan has 3"),
        ({"inputs": {**INPUTS, "spend": [1, "2", 3]}}, "instance 1: spend: must be a number"),
        ({"inputs": {"plan": "pro"}}, "not as expected"),
    ],
)
def test_columns_that_are_not_right_are_refused(
    server: Server, content: dict[str, Any], detail: str
) -> None:
    reply = post(server, "/v1/models/churn:predict", content)
    assert detail in problem(reply, 400)["detail"]


def test_the_default_signature_may_be_named(server: Server) -> None:
    for name in ("serving_default", "", None):
        content = {"signature_name": name, "instances": ROWS}
        assert post(server, "/v1/models/churn:predict", content).json == server.predict(ROWS).json


def test_a_column_that_is_there_twice_is_refused(server: Server) -> None:
    body = b'{"inputs": {"plan": ["pro"], "spend": [1], "spend": [2]}}'
    assert "twice" in problem(server.post(body), 400)["detail"]


def test_classify_answers_a_score_for_each_class(server: Server, wine_server: Server) -> None:
    p = [row["probability"] for row in server.predict(ROWS).json["predictions"]]
    reply = post(server, "/v1/models/churn:classify", {"examples": NAMED})
    assert reply.json == {"results": [[["no", 1 - x], ["yes", x]] for x in p]}
    (row,) = wine_server.predict([[1, 2]], "wine").json["predictions"]
    content = {"examples": [{"acid": 1}], "context": {"ash": 2}}
    reply = post(wine_server, "/v1/models/wine/versions/1004:classify", content)
    assert reply.json == {"results": [[list(pair) for pair in row["probabilities"].items()]]}


def test_a_cell_in_the_context_and_in_an_example_is_refused(wine_server: Server) -> None:
    content = {"examples": [{"acid": 1}, {"acid": 1, "ash": 3}], "context": {"ash": 2}}
    found = problem(post(wine_server, "/v1/models/wine:classify", content), 400)
    assert (found["index"], found["feature"]) == (1, "ash")
    assert found["detail"] == "instance 1: ash: is in the context already"


def test_rows_of_one_feature_may_be_bare_values(rent_server: Server) -> None:
    expected = rent_server.predict([[1.0], [2.0], [5.0]], "rent").json["predictions"]
    path = "/v1/models/rent:predict"
    found = post(rent_server, path, {"instances": [1.0, 2.0, 5.0]})
    assert found.json == {"predictions": expected}
    for inputs in ([1.0, 2.0, 5.0], [[1.0], 2.0, [5.0]], {"area": [1.0, 2.0, 5.0]}):
        assert post(rent_server, path, {"inputs": inputs}).json == {"outputs": expected}
    for rows, index in (([1.0, "2"], 1), ([None], 0), ([1.0, [[2.0]]], 1), ([1.0, [2.0, 3.0]], 1)):
        content = problem(post(rent_server, path, {"instances": rows}), 400)
        assert content["index"] == index
    assert problem(rent_server.post(b'{"instances": 1}'), 404)
    assert problem(post(rent_server, path, {"instances": 1}), 400)


def test_regress_answers_a_number_for_each_example(rent_server: Server) -> None:
    expected = rent_server.predict([[55], [70]], "rent").json["predictions"]
    content = {"examples": [{"area": 55}, {"area": 70}]}
    assert post(rent_server, "/v1/models/rent:regress", content).json == {"results": expected}
    assert post(rent_server, "/v1/models/rent:classify", content).status == 404


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ({}, "missing required field `examples`"),
        ({"examples": []}, "at least one row"),
        ({"examples": [[1]]}, "instance 0: Expected `object`"),
        ({"examples": NAMED, "signature_name": "x"}, "signature_name"),
        ({"examples": [*NAMED, {}]}, "instance 3: "),
    ],
)
def test_examples_that_are_not_right_are_refused(
    server: Server, content: dict[str, Any], detail: str
) -> None:
    reply = post(server, "/v1/models/churn:classify", content)
    assert detail in problem(reply, 400)["detail"]
