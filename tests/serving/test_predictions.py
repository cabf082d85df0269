"""What a real server answers, compared with what NumPy works out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from modelspec.serving.predictor import Predictor
from modelspec.serving.preprocess import Preprocessor
from tests.serving import networks
from tests.serving.folders import CHURN_ROW, Folder
from tests.serving.processes import Server, ask

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["plan", "tenure", "region", "spend", "channel"]
RNG = np.random.default_rng(11)


def test_a_row_by_position_and_by_name_has_the_same_answer(
    server: Server, churn_folder: Folder
) -> None:
    named = dict(zip(NAMES, CHURN_ROW, strict=True))
    reply = server.predict([CHURN_ROW, named])
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    first, second = reply.json["predictions"]
    assert first == second
    expected = churn_folder.answer([CHURN_ROW])[0, 0]
    assert abs(first["probability"] - expected) < 1e-6
    assert first["label"] == ("yes" if expected >= 0.3 else "no")


def test_the_answers_are_the_bits_of_the_interpreter_for_any_batch_size(
    server: Server, churn_folder: Folder
) -> None:
    rows = [
        [str(RNG.choice(["free", "pro", "x"])), float(t), None, float(s), "web"]
        for t, s in zip(RNG.normal(20, 12, 300), RNG.uniform(0, 99, 300), strict=True)
    ]
    predictor = Predictor("tflite", (churn_folder.path / "model.tflite").read_bytes(), 10, 1)
    expected = predictor.predict(Preprocessor(churn_folder.features).rows(rows))[:, 0].tolist()
    together = [p["probability"] for p in server.predict(rows).json["predictions"]]
    alone = [server.predict([row]).json["predictions"][0]["probability"] for row in rows[:50]]
    assert together == expected
    assert alone == expected[:50]


def test_a_request_of_thousands_of_rows_is_answered(server: Server, churn_folder: Folder) -> None:
    rows = [["pro", i % 70, "north", i % 9, "web"] for i in range(20_000)]
    predictions = server.predict(rows).json["predictions"]
    assert len(predictions) == 20_000
    expected = churn_folder.answer(rows)[:, 0]
    assert np.abs(np.array([p["probability"] for p in predictions]) - expected).max() < 1e-6


def test_unknown_keys_beside_the_instances_are_passed_over(server: Server) -> None:
    body = json.dumps({"signature_name": "serving_default", "instances": [CHURN_ROW]}).encode()
    assert server.post(body).status == 200


def test_any_content_type_is_taken_for_json(server: Server) -> None:
    body = json.dumps({"instances": [CHURN_ROW]}).encode()
    form = "application/x-www-form-urlencoded"
    assert server.post(body, content_type=form).json == server.post(body).json


def test_a_multiclass_model_answers_every_class(wine_folder: Folder) -> None:
    rows = RNG.normal(size=(20, 2)).tolist()
    with Server(wine_folder.path) as server:
        predictions = server.predict(rows, "wine").json["predictions"]
    expected = wine_folder.answer(rows)
    classes = ["barolo", "grignolino", "barbera"]
    for prediction, row in zip(predictions, expected, strict=True):
        assert list(prediction["probabilities"]) == classes
        assert np.abs(np.array(list(prediction["probabilities"].values())) - row).max() < 1e-6
        assert prediction["label"] == classes[int(np.argmax(row))]


def test_a_regression_answers_numbers(rent_folder: Folder) -> None:
    with Server(rent_folder.path) as server:
        predictions = server.predict([[55], [120.5], {"area": 0}], "rent").json["predictions"]
    expected = rent_folder.answer([[55], [120.5], [0]])[:, 0]
    assert np.abs(np.array(predictions) - expected).max() < 1e-5


def test_a_model_is_described_with_its_version_digests_and_inputs(server: Server) -> None:
    reply = server.request("GET", "/v1/models/churn")
    assert reply.status == 200
    about = reply.json
    assert (about["name"], about["version"], about["ready"]) == ("churn", "1.4", True)
    assert about["commit"].startswith("0123456789abcdef")
    assert about["model_digest"].startswith("sha256:")
    assert about["classes"] == ["no", "yes"]
    assert about["inputs"][0] == {
        "name": "plan",
        "type": "category",
        "optional": False,
        "values": ["free", "pro", "team"],
    }
    assert about["inputs"][3] == {
        "name": "spend",
        "type": "number",
        "optional": False,
        "min": 0,
        "max": 1e6,
    }
    assert about["inputs"][1]["optional"] is True


def test_one_connection_serves_many_requests_also_after_an_error(server: Server) -> None:
    connection = server.connect()
    path, good = "/v1/models/churn:predict", json.dumps({"instances": [CHURN_ROW]}).encode()
    statuses, sockets = [], set()
    for body in (good, b"{", good, b'{"instances": [[]]}', b'{"instances": [[NaN]]}', good):
        statuses.append(ask(connection, "POST", path, body).status)
        sockets.add(connection.sock)
    statuses.append(ask(connection, "GET", "/nowhere").status)
    statuses.append(ask(connection, "POST", path, good).status)
    sockets.add(connection.sock)
    connection.close()
    assert statuses == [200, 400, 200, 400, 400, 200, 404, 200]
    assert len(sockets) == 1


def test_a_network_that_answers_nan_is_an_error_that_is_counted(tmp_path: Path) -> None:
    from tests.serving.folders import rent

    network = [(np.array([[np.nan]], np.float32), np.zeros(1, np.float32))]
    with Server(rent(tmp_path, network).path) as server:
        reply = server.predict([[1], [2]], "rent")
        metrics = server.metrics()
    assert reply.status == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["detail"] == "the model has no finite answer to this request"
    assert metrics["modelspec_nan_outputs_total"] == 2
    assert metrics['modelspec_requests_total{code="500"}'] == 1
    assert metrics["modelspec_predictions_total"] == 0
    assert metrics["modelspec_request_duration_seconds_count"] == 1


def test_a_server_reads_nothing_but_the_model_folder_it_was_given(tmp_path: Path) -> None:
    network = networks.layers([1, 1])
    from tests.serving.folders import rent

    with Server(rent(tmp_path, network).path) as server:
        (tmp_path / "model.tflite").unlink()
        (tmp_path / "serving.json").unlink()
        assert server.predict([[1]], "rent").status == 200
        assert server.request("GET", "/v1/models/rent").status == 200
