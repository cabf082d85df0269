"""What is counted: exactly the names of the contract, and nothing that a request controls."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

from modelspec.serving import contract
from tests.render.promtool import tool
from tests.serving.folders import CHURN_ROW

if TYPE_CHECKING:
    from tests.serving.processes import Server

GOOD = json.dumps({"instances": [CHURN_ROW, CHURN_ROW]}).encode()


def test_every_series_exists_before_the_first_request(own_server: Server) -> None:
    metrics = own_server.metrics()
    for code in contract.CODES:
        assert metrics[f'modelspec_requests_total{{code="{code}"}}'] == 0
    for bound in (*contract.DURATION_BUCKETS, "+Inf"):
        assert metrics[f'modelspec_request_duration_seconds_bucket{{le="{bound}"}}'] == 0
    assert metrics["modelspec_requests_in_flight"] == 0
    assert metrics["modelspec_predictions_total"] == 0
    info = next(series for series in metrics if series.startswith("modelspec_model_info"))
    labels = dict(re.findall(r'(\w+)="([^"]*)"', info))
    assert set(labels) == set(contract.MODEL_INFO_LABELS)
    assert (labels["name"], labels["version"], metrics[info]) == ("churn", "1.4", 1)


def test_only_metrics_of_the_contract_are_there(own_server: Server) -> None:
    suffixes = re.compile(r"(_bucket|_count|_sum)?({.*})?$")
    found = {suffixes.sub("", series) for series in own_server.metrics()}
    assert found == set(contract.METRICS)


def test_requests_are_counted_by_code_and_rows_by_number(own_server: Server) -> None:
    assert own_server.post(GOOD).status == 200
    assert own_server.post(GOOD).status == 200
    own_server.post(b"{")
    own_server.request("GET", "/v1/models/churn:predict")
    own_server.request("GET", "/nowhere")
    own_server.post(b" " * 1_100_000)
    metrics = own_server.metrics()
    counted = {
        code: metrics[f'modelspec_requests_total{{code="{code}"}}'] for code in contract.CODES
    }
    assert {code: n for code, n in counted.items() if n} == {
        "200": 2,
        "400": 1,
        "404": 1,
        "405": 1,
        "413": 1,
    }
    assert metrics["modelspec_predictions_total"] == 4
    assert metrics["modelspec_request_duration_seconds_count"] == 2
    assert 0 < metrics["modelspec_request_duration_seconds_sum"] < 2
    buckets = [
        metrics[f'modelspec_request_duration_seconds_bucket{{le="{bound}"}}']
        for bound in (*contract.DURATION_BUCKETS, "+Inf")
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 2


def test_probes_scrapes_and_descriptions_are_not_counted(own_server: Server) -> None:
    before = own_server.metrics()
    for path in (
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/models/churn",
        "/v1/models/churn/metadata",
        "/v2/health/ready",
        "/v2/models/churn",
    ):
        assert own_server.request("GET", path).status == 200
        assert own_server.request("POST", path).status == 405
    assert own_server.metrics() == before


def test_no_request_adds_a_series(own_server: Server) -> None:
    before = set(own_server.metrics())
    connection = own_server.connect()
    for i in range(300):
        connection.request(f"M{i}", f"/path{i}?q={i}", headers={f"x-{i}": "1"})
        connection.getresponse().read()
    connection.close()
    assert set(own_server.metrics()) == before


def test_the_exposition_is_what_prometheus_accepts(server: Server) -> None:
    reply = server.request("GET", "/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    promtool = tool()
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=reply.body, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
