"""Every row that was answered is in one bin of each feature, and no other row is."""

from __future__ import annotations

import json
import math
import re
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from modelspec.serving import contract
from tests.serving.folders import CHURN_ROW, churn, rent, wine
from tests.serving.networks import layers
from tests.serving.processes import Server

if TYPE_CHECKING:
    from pathlib import Path

_SERIES = re.compile(r"(\w+)\{(.*)\}")


def bins(metrics: dict[str, float], name: str) -> dict[tuple[str, ...], float]:
    """The series of one metric that are not 0, by the values of their labels, in their order."""
    found = {}
    for series, value in metrics.items():
        match = _SERIES.fullmatch(series)
        if match and match[1] == name and value:
            found[tuple(re.findall(r'="([^"]*)"', match[2]))] = value
    return found


def by_feature(metrics: dict[str, float]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for (label, feature, _), value in bins(metrics, contract.FEATURE_BIN_ROWS).items():
        found.setdefault(feature, {})[label] = value
    return found


def test_rows_of_every_size_of_request_are_counted_once(own_server: Server) -> None:
    for count in (1, 1, 255, 2, 3000, 1):
        assert own_server.predict([CHURN_ROW] * count).status == 200
    metrics = own_server.metrics()
    assert metrics["modelspec_predictions_total"] == 3260
    assert by_feature(metrics) == {
        "plan": {"pro": 3260},
        "tenure": {"up to -1.0": 3260},
        "region": {"north": 3260},
        "spend": {"+Inf": 3260},
        "channel": {"phone": 3260},
    }
    assert sum(bins(metrics, contract.PREDICTION_BIN_ROWS).values()) == 3260


def test_unseen_and_missing_cells_are_counted_by_feature(own_server: Server) -> None:
    own_server.predict([["pro", None, None, 60, None], ["gold", 3, "east", 60, "fax"]])
    own_server.predict([{"plan": "free", "spend": 60}])
    metrics = own_server.metrics()
    assert bins(metrics, contract.UNSEEN_CATEGORIES) == {
        ("plan",): 1,
        ("region",): 1,
        ("channel",): 1,
    }
    assert bins(metrics, contract.IMPUTED_VALUES) == {
        ("tenure",): 2,
        ("region",): 2,
        ("channel",): 2,
    }
    assert by_feature(metrics)["tenure"] == {"missing": 2, "up to -1.0": 1}
    assert by_feature(metrics)["channel"] == {"missing": 2, "unseen": 1}


def test_no_row_of_a_request_that_is_refused_is_counted(own_server: Server) -> None:
    bad: list[Any] = [None, *CHURN_ROW[1:]]
    assert own_server.predict([CHURN_ROW, bad]).status == 400
    assert own_server.predict([[*CHURN_ROW[:1], None, *CHURN_ROW[2:]]] * 4000 + [bad]).status == 400
    metrics = own_server.metrics()
    assert by_feature(metrics) == {}
    assert bins(metrics, contract.IMPUTED_VALUES) == {}


def test_rows_without_a_finite_answer_are_counted_as_such_and_in_no_bin(tmp_path: Path) -> None:
    weights, bias = layers([1, 1])[0]
    with Server(rent(tmp_path, [(weights * 0 + 3e38, bias)]).path) as server:
        assert server.predict([[1e6]], "rent").status == 500
        assert server.predict([[70.5]], "rent").status == 200
        metrics = server.metrics()
    assert metrics["modelspec_nan_outputs_total"] == 1
    assert sum(bins(metrics, contract.FEATURE_BIN_ROWS).values()) == 1
    assert bins(metrics, contract.PREDICTION_BIN_ROWS) == {("+Inf", "1.4"): 1}


def test_the_shares_of_the_reference_have_the_labels_of_the_counters(server: Server) -> None:
    metrics = server.metrics()
    for live, held_against in (
        (contract.FEATURE_BIN_ROWS, contract.FEATURE_BIN_REFERENCE),
        (contract.PREDICTION_BIN_ROWS, contract.PREDICTION_BIN_REFERENCE),
    ):
        counters = {s.removeprefix(live) for s in metrics if s.startswith(f"{live}{{")}
        gauges = {
            s.removeprefix(held_against) for s in metrics if s.startswith(f"{held_against}{{")
        }
        assert counters == gauges != set()
        shares: Counter[str] = Counter()
        for labels, share in bins(metrics, held_against).items():
            shares[labels[1]] += share  # type: ignore[assignment]
        assert all(math.isclose(total, 1) for total in shares.values())


def test_classes_are_counted_by_the_one_that_was_answered(tmp_path: Path) -> None:
    with Server(wine(tmp_path).path) as server:
        answers = server.predict(
            [[i % 8 * 20 - 80, i // 8 * 20 - 80] for i in range(64)], "wine"
        ).json
        metrics = server.metrics()
    classes = ["barolo", "grignolino", "barbera"]
    found = Counter(str(classes.index(answer["label"])) for answer in answers["predictions"])
    assert bins(metrics, contract.PREDICTION_BIN_ROWS) == {(b, "1.4"): n for b, n in found.items()}
    assert len(found) > 1


def test_a_personal_feature_is_in_no_series_and_no_description_of_values(tmp_path: Path) -> None:
    features: list[Any] = [
        {
            "name": "personal",
            "type": "category",
            "values": [],
            "hash": 8,
            "missing": "own_category",
        },
        {"name": "x", "type": "number", "mean": 0.0, "scale": 1.0},
    ]
    with Server(churn(tmp_path, features).path) as server:
        for cell in ("Rosebud", "Xanadu", None):
            assert server.predict([[cell, 0.5]]).status == 200
        assert server.predict([[["Rosebud"], 0.5]]).status == 400
        text = server.request("GET", "/metrics").body.decode()
        about = server.request("GET", "/v1/models/churn").body.decode()
        _, out, err, _ = server.stop()
    assert 'feature="x"' in text
    assert "personal" not in text
    for said in (text, about, out, err):
        assert "Rosebud" not in said
        assert "Xanadu" not in said


def test_nothing_is_lost_when_the_server_is_told_to_stop(own_server: Server) -> None:
    for _ in range(7):
        own_server.predict([CHURN_ROW])
    own_server.process.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    assert own_server.predict([CHURN_ROW]).status == 200
    assert by_feature(own_server.metrics())["plan"] == {"pro": 8}


def test_a_hundred_thousand_paths_methods_and_names_add_no_series(own_server: Server) -> None:
    before = set(own_server.metrics())
    count, size = 100_000, 200
    with own_server.socket() as client:
        answers = client.makefile("rb")
        for start in range(0, count, size):
            client.sendall(b"".join(_stray(i) for i in range(start, start + size)))
            for _ in range(size):
                length = 0
                while (line := answers.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                assert answers.read(length)
    after = own_server.metrics()
    assert set(after) == before
    asked = sum(n for s, n in after.items() if s.startswith(contract.REQUESTS))
    assert asked >= count / 2  # a part of them is no prediction


def _stray(i: int) -> bytes:
    """A request that was never seen before: by path, by method, by feature, or by category."""
    if i % 4 == 0:
        return f"GET /path/{i}?q={i} HTTP/1.1\r\nhost: h{i}\r\nx-{i}: 1\r\n\r\n".encode()
    if i % 4 == 1:
        return f"M{i} /v1/models/churn:predict HTTP/1.1\r\nhost: h\r\n\r\n".encode()
    row = [f"plan {i}", i, f"region {i}", 60, f"channel {i}"]
    instance = row if i % 4 == 2 else {f"feature {i}": i}
    body = json.dumps({"instances": [instance]}).encode()
    path = "/v1/models/churn:predict" if i % 8 < 6 else f"/v1/models/model{i}:predict"
    head = f"POST {path} HTTP/1.1\r\nhost: h\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_a_scrape_of_many_features_is_quick(tmp_path: Path) -> None:
    features: list[Any] = [
        {"name": f"f{i}", "type": "number", "mean": 0.0, "scale": 1.0, "fill": 0.0}
        for i in range(200)
    ]
    with Server(churn(tmp_path, features).path) as server:
        server.predict([[0.5] * 200] * 200)
        connection = server.connect()
        seconds = []
        for _ in range(20):
            started = time.perf_counter()
            connection.request("GET", "/metrics")
            assert b'feature="f199"' in connection.getresponse().read()
            seconds.append(time.perf_counter() - started)
        connection.close()
    assert min(seconds) < 0.02
