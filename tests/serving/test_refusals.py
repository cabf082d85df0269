"""Every request that is not clearly right is refused with a problem that names its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.folders import CHURN_ROW
from tests.serving.processes import ask

if TYPE_CHECKING:
    from tests.serving.processes import Reply, Server

GOOD = json.dumps({"instances": [CHURN_ROW]}).encode()


def problem(reply: Reply, status: int) -> dict[str, Any]:
    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")
    content: dict[str, Any] = reply.json
    assert {"type", "title", "status", "detail"} <= set(content)
    assert set(content) <= {"type", "title", "status", "detail", "error", "index", "feature"}
    assert content["status"] == status
    assert content["error"] == content["detail"]
    for leak in ("Traceback", "modelspec", "serving/", ".py", "msgspec"):
        assert leak not in reply.body.decode()
    return content


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nowhere", 404, None),
        ("GET", "/v1/models/churn/versions/1005", 404, None),
        ("POST", "/v1/models/churn/versions/1:predict", 404, None),
        ("POST", "/v1/models/churn/labels/canary:predict", 404, None),
        ("POST", "/v1/models/churn:regress", 404, None),
        ("GET", "/v2/models/other", 404, None),
        ("POST", "/v2/models/churn/versions/1/infer", 404, None),
        ("GET", "/v2/models/churn/infer", 405, "POST"),
        ("POST", "/v2/health/live", 405, "GET"),
        ("GET", "/v1/models/other", 404, None),
        ("POST", "/v1/models/other:predict", 404, None),
        ("GET", "/v1/models/churn/", 404, None),
        ("GET", "/../../etc/passwd", 404, None),
        ("GET", "/v1/models/churn:predict", 405, "POST"),
        ("PUT", "/v1/models/churn:predict", 405, "POST"),
        ("TRACE", "/v1/models/churn:predict", 405, "POST"),
        ("POST", "/v1/models/churn", 405, "GET"),
        ("DELETE", "/healthz", 405, "GET"),
        ("POST", "/readyz", 405, "GET"),
        ("OPTIONS", "/metrics", 405, "GET"),
    ],
)
def test_other_paths_and_methods_are_refused(
    server: Server, method: str, path: str, status: int, allow: str | None
) -> None:
    reply = server.request(method, path)
    problem(reply, status)
    assert reply.headers.get("allow") == allow


ROUTES = {
    "GET": [
        *("/", "/healthz", "/readyz", "/metrics", "/v2", "/v2/health/live", "/v2/health/ready"),
        *("/v1/models/churn", "/v1/models/churn/metadata", "/v1/models/churn/versions/1004"),
        *("/v2/models/churn", "/v2/models/churn/ready", "/v2/models/churn/versions/1004/ready"),
    ],
    "POST": [
        *("/v1/models/churn:predict", "/v1/models/churn/labels/stable:classify"),
        *("/v2/models/churn/infer", "/v2/models/churn/versions/1004/infer"),
    ],
}


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW", "get"])
def test_every_route_has_one_method(server: Server, method: str) -> None:
    for allowed, paths in ROUTES.items():
        for path in paths:
            reply = server.request(method, path)
            problem(reply, 405)
            assert reply.headers["allow"] == allowed, path
            assert server.request(allowed, path, GOOD).status != 405, path


_CELLS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
_NAMES = st.sampled_from(["plan", "tenure", "region", "spend", "channel"]) | st.text(max_size=4)
_ROWS = st.lists(_CELLS, min_size=4, max_size=6) | st.dictionaries(_NAMES, _CELLS, max_size=6)
_GOOD_ROWS = st.tuples(
    st.text(max_size=4),
    st.floats(allow_nan=False, allow_infinity=False) | st.none(),
    st.sampled_from(["north", "west", None]),
    st.floats(-1, 2e6),
    st.none(),
).map(list)
_BODIES = (
    st.binary(max_size=60)
    | _CELLS.map(lambda value: json.dumps(value).encode())
    | st.lists(_ROWS | _GOOD_ROWS, max_size=4).map(
        lambda rows: json.dumps({"instances": rows}).encode()
    )
)


@given(body=_BODIES)
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_body_is_answered_or_refused_and_never_an_error(server: Server, body: bytes) -> None:
    connection = server.connect()
    try:
        reply = ask(connection, "POST", "/v1/models/churn:predict", body)
        assert reply.status in (200, 400), (body, reply)
        if reply.status == 400:
            problem_of = reply.json
            assert reply.headers["content-type"] == "application/problem+json"
            assert problem_of["status"] == 400
        else:
            assert len(reply.json["predictions"]) == len(json.loads(body)["instances"])
        assert ask(connection, "GET", "/healthz").status == 200, "the connection was kept"
    finally:
        connection.close()
