"""Every request that is not clearly right is refused with a problem that names its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.serving.folders import CHURN_ROW
from tests.serving.test_refusals import problem

if TYPE_CHECKING:
    from tests.serving.processes import Server

GOOD = json.dumps({"instances": [CHURN_ROW]}).encode()
HEAD = b"POST /v1/models/churn:predict HTTP/1.1\r\nhost: x\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().encode("utf-16"),
        b'{"instances": [["\xff", 1, "north", 1, "web"]]}',
        b'{"instances": [["\\ud800", 1, "north", 1, "web"]]}',
        GOOD + b" x",
        b'{"instances": null}',
        b'{"instances": {}}',
        b'{"instances": "x"}',
        b'{"instances": []}',
        b'{"instances": [1]}',
        b'{"instances": [null]}',
        b'{"instance": [[1]]}',
        b'{"instances": [["pro", NaN, "north", 1, "web"]]}',
        b'{"instances": [["pro", Infinity, "north", 1, "web"]]}',
        b'{"instances": [["pro", 1e999, "north", 1, "web"]]}',
        b'{"instances": [["pro", ' + b"9" * 5000 + b', "north", 1, "web"]]}',
        b'{"instances": [["pro", ' + b"9" * 400 + b', "north", 1, "web"]]}',
        b'{"instances": ' + b"[" * 20_000,
        b'{"instances": [[' + b"[" * 20_000 + b"]" * 20_000 + b"]]}",
        b'{"instances": [[]]}',
        b'{"instances": [{}]}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_body_that_is_no_request_is_refused(server: Server, body: bytes) -> None:
    problem(server.post(body), 400)


@pytest.mark.parametrize(
    ("row", "feature"),
    [
        (["pro", "1", "north", 1, "web"], "tenure"),
        (["pro", True, "north", 1, "web"], "tenure"),
        (["pro", [1], "north", 1, "web"], "tenure"),
        (["pro", 1e300, "north", 1, "web"], "tenure"),
        (["pro", 1, "north", -1, "web"], "spend"),
        (["pro", 1, "north", None, "web"], "spend"),
        ([None, 1, "north", 1, "web"], "plan"),
        ([7, 1, "north", 1, "web"], "plan"),
        ([["pro"], 1, "north", 1, "web"], "plan"),
        ({"plan": "pro"}, "spend"),
        ({"plan": "pro", "spend": 1, "colour": "red"}, "colour"),
        (["pro", 1], None),
        ([*CHURN_ROW, 1], None),
    ],
)
def test_a_bad_row_is_refused_with_its_index_and_feature(
    server: Server, row: Any, feature: str | None
) -> None:
    content = problem(server.predict([CHURN_ROW, CHURN_ROW, row]), 400)
    assert content["index"] == 2
    assert content.get("feature") == feature
    assert content["detail"].startswith("instance 2: ")


def test_a_row_that_is_no_row_is_refused_with_its_index(server: Server) -> None:
    assert problem(server.predict([CHURN_ROW, "pro"]), 400)["index"] == 1


def test_what_was_sent_does_not_come_back(server: Server) -> None:
    row = ["pro", "a secret", "north", 1, "web"]
    assert "secret" not in server.predict([row]).body.decode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"instances": [{"plan": "pro", "spend": 1, "spend": 2}]}',
        b'{"instances": [{"plan": "pro", "spend": 1, "sp\\u0065nd": 2}]}',
        b'{"instances": [], "instances": [["pro", 1, "north", 1, "web"]]}',
        b'{"instances": [["pro", 1, "north", 1, "web"]], "x": {"a": 1, "a": 2}}',
    ],
)
def test_a_key_that_is_there_twice_is_refused(server: Server, body: bytes) -> None:
    assert "twice" in problem(server.post(body), 400)["detail"]


def test_colons_in_texts_and_other_keys_are_not_taken_for_repeated_keys(server: Server) -> None:
    rows = [{"plan": "a:b", "spend": 1}, {"plan": "::::", "spend": 1}]
    body = json.dumps({"instances": rows, "other": {"plan": 1}}).encode()
    assert server.post(body).status == 200
