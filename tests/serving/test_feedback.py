"""Late labels: who may send them, which are taken, and what is counted."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from modelspec.serving import contract
from tests.serving.folders import CHURN_ROW, Folder, churn, rent, wine
from tests.serving.processes import Reply, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "correct-horse-battery"
OTHER = "staple-correct-horse"
RIGHT: Any = {"prediction": {"label": "yes", "probability": 0.9}, "version": "1.4", "label": "yes"}


def send(server: Server, pairs: Any, name: str = "churn", token: str | None = TOKEN) -> Reply:
    headers = {"authorization": f"Bearer {token}"} if token is not None else {}
    return post(server, json.dumps({"pairs": pairs}).encode(), name, **headers)


def post(server: Server, body: bytes, name: str = "churn", **headers: str) -> Reply:
    return server.request("POST", f"/v1/models/{name}:feedback", body, **headers)


def pair(prediction: Any, label: Any, version: Any = "1.4") -> dict[str, Any]:
    return {"prediction": prediction, "version": version, "label": label}


def taking(folder: Folder, tmp_path: Path) -> Server:
    """A server of a model that takes feedback, with a token in a file."""
    folder.describe(feedback=True)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return Server(folder.path, MODELSPEC_FEEDBACK_TOKEN_FILE=str(tmp_path / "token"))


def counted(server: Server, *names: str) -> dict[str, float]:
    """What is not 0 of the series of feedback, without the version of the model."""
    found = {}
    for series, value in server.metrics().items():
        if series.startswith(names or contract.FEEDBACK_METRICS) and value:
            labels = series.partition("{")[2].rstrip("}").replace('version="1.4"', "")
            found[labels.strip(",").replace(",,", ",")] = value
    return found


@pytest.fixture
def open_server(tmp_path: Path) -> Iterator[Server]:
    with taking(churn(tmp_path / "churn"), tmp_path) as server:
        yield server


def test_pairs_are_counted_class_by_class_and_by_version(open_server: Server) -> None:
    yes, no = {"label": "yes", "probability": 0.9}, {"label": "no", "probability": 0.1}
    pairs = [pair(yes, "yes")] * 5 + [pair(yes, "no")] * 3 + [pair(no, "yes")] * 2
    pairs += [pair(no, "no", 1004), pair(no, "no", "1004"), pair({"anything": 1}, 3, "1.3")]
    reply = send(open_server, pairs)
    assert (reply.status, reply.json) == (200, {"counted": {"1.4": 12, "other": 1}})
    assert counted(open_server, contract.FEEDBACK_ROWS) == {"": 12, 'version="other"': 1}
    assert counted(open_server, contract.FEEDBACK_OUTCOMES) == {
        'class="yes",outcome="true_positive"': 5,
        'class="yes",outcome="false_positive"': 3,
        'class="yes",outcome="false_negative"': 2,
        'class="no",outcome="true_positive"': 2,
        'class="no",outcome="false_positive"': 2,
        'class="no",outcome="false_negative"': 3,
    }
    assert counted(open_server, contract.FEEDBACK_REQUESTS) == {'code="200"': 1}


def test_an_answer_is_taken_back_as_it_was_given(open_server: Server) -> None:
    (prediction,) = open_server.predict([CHURN_ROW]).json["predictions"]
    version = open_server.request("GET", "/v1/models/churn").json["version"]
    assert send(open_server, [pair(prediction, "no", version)]).json["counted"]["1.4"] == 1


def test_classes_are_judged_whatever_else_their_answer_holds(tmp_path: Path) -> None:
    with taking(wine(tmp_path / "wine"), tmp_path) as server:
        (answer,) = server.predict([[0.1, 0.2]], "wine").json["predictions"]
        other = "barolo" if answer["label"] != "barolo" else "barbera"
        assert (
            send(server, [pair(answer, answer["label"]), pair(answer, other)], "wine").status == 200
        )
        assert counted(server, contract.FEEDBACK_OUTCOMES) == {
            f'class="{answer["label"]}",outcome="true_positive"': 1,
            f'class="{answer["label"]}",outcome="false_positive"': 1,
            f'class="{other}",outcome="false_negative"': 1,
        }


def test_errors_of_numbers_are_added_up_and_stay_finite(tmp_path: Path) -> None:
    with taking(rent(tmp_path / "rent"), tmp_path) as server:
        assert send(server, [pair(1.5, 1), pair(-2, 1.0), pair(7, 7)], "rent").status == 200
        found = server.metrics()
        assert found['modelspec_feedback_absolute_error_total{version="1.4"}'] == 3.5
        assert found['modelspec_feedback_squared_error_total{version="1.4"}'] == 9.25
        for label in (1e39, -1e39, 10**400, True, "1", None, [1]):
            assert send(server, [pair(1.0, label)], "rent").status == 400
            assert send(server, [pair(label, 1.0)], "rent").status == 400
        for text in (b"NaN", b"1e999", b"Infinity"):
            body = b'{"pairs":[{"prediction":1,"version":"1.4","label":%s}]}' % text
            assert post(server, body, "rent", authorization=f"Bearer {TOKEN}").status == 400
        assert send(server, [pair(3.4e38, -3.4e38)], "rent").status == 200
        assert all(math.isfinite(value) for value in server.metrics().values())
        assert server.metrics()['modelspec_feedback_rows_total{version="1.4"}'] == 4


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [RIGHT, pair({"label": "maybe"}, "yes")],
        [RIGHT, pair({"label": "yes"}, "maybe")],
        [RIGHT, pair({"label": "yes"}, ["yes"])],
        [RIGHT, pair({"label": {}}, "yes")],
        [RIGHT, pair("yes", "yes")],
        [RIGHT, pair(None, "yes")],
        [RIGHT, {"prediction": {"label": "yes"}, "label": "yes"}],
        [RIGHT, pair({"label": "yes"}, "yes", None)],
        [RIGHT, pair({"label": "yes"}, "yes", 1.4)],
        [RIGHT, "pair"],
        "pairs",
        None,
    ],
    ids=str,
)
def test_a_pair_that_is_none_is_refused_with_all_of_its_request(
    open_server: Server, pairs: Any
) -> None:
    reply = send(open_server, pairs)
    assert reply.status == 400
    assert reply.headers["content-type"] == "application/problem+json"
    assert "maybe" not in reply.body.decode()
    if pairs and pairs[-1] == pair({"label": "yes"}, "maybe"):
        assert reply.json["index"] == 1
    assert counted(open_server) == {'code="400"': 1}


def test_bodies_that_are_none_are_refused_as_those_of_predictions_are(open_server: Server) -> None:
    allowed = {"authorization": f"Bearer {TOKEN}"}
    twice = b'{"pairs":[{"prediction":{"label":"yes"},"version":"1.4","label":"no","label":"yes"}]}'
    assert post(open_server, twice, **allowed).status == 400
    for body in (b"", b"{", b"\xff", b"[]", b"[" * 9000, json.dumps({"rows": []}).encode()):
        assert post(open_server, body, **allowed).status == 400
    assert send(open_server, [RIGHT] * 10_001).status == 413
    assert post(open_server, b" " * 1_100_000, **allowed).status == 413
    assert post(open_server, b"{}", content_encoding="gzip", **allowed).status == 415
    assert open_server.request("GET", "/v1/models/churn:feedback").status == 405
    assert counted(open_server, contract.FEEDBACK_ROWS) == {}


def test_ten_thousand_pairs_at_once_are_taken(open_server: Server) -> None:
    assert send(open_server, [RIGHT] * 10_000).status == 200
    assert counted(open_server, contract.FEEDBACK_ROWS) == {"": 10_000}


@pytest.mark.parametrize(
    "shown", [None, "", "correct-horse-batterz", f"{TOKEN}x", "Ünïcödé"], ids=ascii
)
def test_without_the_right_token_nothing_is_taken(open_server: Server, shown: str | None) -> None:
    shown = shown if shown is None else shown.encode().decode("latin-1")
    reply = send(open_server, [RIGHT], token=shown)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in reply.body.decode()
    assert counted(open_server) == {'code="401"': 1}


def test_another_scheme_does_not_help(open_server: Server) -> None:
    assert post(open_server, b"{}", authorization=f"Basic {TOKEN}").status == 401
    assert post(open_server, b"{}", authorization=TOKEN).status == 401
    assert post(open_server, b'{"pairs":[]}', authorization=f"bearer {TOKEN}").status == 400


def test_a_token_that_is_replaced_holds_at_once(open_server: Server, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(OTHER)
    assert send(open_server, [RIGHT]).status == 401
    assert send(open_server, [RIGHT], token=OTHER).status == 200


@pytest.mark.parametrize("content", [None, "", "short", "\n"])
def test_without_a_token_in_the_file_nobody_is_let_in_and_the_log_says_so(
    tmp_path: Path, content: str | None
) -> None:
    folder = churn(tmp_path / "churn")
    folder.describe(feedback=True)
    if content is not None:
        (tmp_path / "token").write_text(content)
    with Server(folder.path, MODELSPEC_FEEDBACK_TOKEN_FILE=str(tmp_path / "token")) as server:
        assert send(server, [RIGHT], token=(content or "").strip()).status == 403
        assert server.predict([CHURN_ROW]).status == 200
        assert counted(server) == {'code="403"': 1}
        _, out, _, _ = server.stop()
    warning = json.loads(out.splitlines()[0])
    assert warning["level"] == "warning"
    assert warning["event"] == "feedback is refused with 403"
    assert "MODELSPEC_FEEDBACK_TOKEN_FILE" in warning["reason"]


def test_a_model_that_takes_no_feedback_has_no_such_path_and_no_such_series(server: Server) -> None:
    assert send(server, [RIGHT]).status == 404
    assert not any("feedback" in series for series in server.metrics())


def test_every_series_of_feedback_is_there_from_the_start(open_server: Server) -> None:
    before = set(open_server.metrics())
    for version in range(300):
        send(open_server, [pair({"label": str(version)}, str(version), f"9.{version}")])
    assert set(open_server.metrics()) == before
    of_feedback = {series.partition("{")[0] for series in before if "feedback" in series}
    sums = {contract.FEEDBACK_ABSOLUTE_ERROR, contract.FEEDBACK_SQUARED_ERROR}
    assert of_feedback == set(contract.FEEDBACK_METRICS) - sums


def test_labels_do_not_count_as_predictions(open_server: Server) -> None:
    send(open_server, [RIGHT])
    send(open_server, [RIGHT], token=OTHER)
    metrics = open_server.metrics()
    assert metrics["modelspec_predictions_total"] == 0
    assert not any(n for s, n in metrics.items() if s.startswith(contract.REQUESTS))


def test_what_was_sent_is_in_no_log(open_server: Server) -> None:
    send(open_server, [pair({"label": "Rosebud"}, "Xanadu", "Kane")])
    _, out, err, _ = open_server.stop()
    for text in (out, err):
        assert not any(word in text for word in ("Rosebud", "Xanadu", "Kane", TOKEN))
