"""A bearer token for predictions: who is let in, over both protocols, while tokens change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from tests.serving.calls import GrpcServer
from tests.serving.folders import CHURN_ROW, Folder
from tests.serving.processes import Reply, free_port, start

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "correct-horse-battery"
OTHER = "staple-correct-horse"
PREDICT = "/v1/models/churn:predict"
BODY = json.dumps({"instances": [CHURN_ROW]}).encode()
OPEN_PATHS = ("/", "/healthz", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready")
GUARDED_PATHS = ("/v1/models/churn", "/v1/models/churn/metadata", "/v2", "/v2/models/churn")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Mounted as a kubelet does it: a link to a folder that is a link."""
    turn(tmp_path, "first", TOKEN)
    (tmp_path / "token").symlink_to(Path("..data", "token"))
    return tmp_path / "token"


def turn(folder: Path, name: str, content: str) -> None:
    """Replaces what is mounted, in one moment."""
    (folder / name).mkdir()
    (folder / name / "token").write_text(f"{content}\n")
    (folder / "new").symlink_to(name)
    (folder / "new").replace(folder / "..data")


@pytest.fixture
def guarded(churn_folder: Folder, file: Path) -> Iterator[GrpcServer]:
    with GrpcServer(churn_folder.path, MODELSPEC_TOKEN_FILE=str(file)) as server:
        yield server


def ask(server: GrpcServer, shown: str | None, path: str = PREDICT) -> Reply:
    headers = {} if shown is None else {"authorization": shown}
    post = path == PREDICT or path.endswith("infer")
    return server.request("POST" if post else "GET", path, BODY if post else None, **headers)


def refusal(server: GrpcServer, method: str, shown: str | None) -> Any:
    """How a call is refused; None where it is not."""
    metadata = [] if shown is None else [("authorization", shown)]
    try:
        server.call(method, metadata=metadata)
    except grpc.RpcError as error:
        return error.code()
    return None


def test_the_right_token_is_answered(guarded: GrpcServer) -> None:
    assert ask(guarded, f"Bearer {TOKEN}").json["predictions"]
    assert ask(guarded, f"bearer  {TOKEN} ").status == 200
    for path in GUARDED_PATHS:
        assert ask(guarded, f"Bearer {TOKEN}", path).status == 200


@pytest.mark.parametrize(
    "shown",
    [None, "", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer Ã¼"],
    ids=ascii,
)
def test_whoever_shows_none_or_another_is_told_what_is_missing(
    guarded: GrpcServer, shown: str | None
) -> None:
    for path in (PREDICT, "/v2/models/churn/infer", *GUARDED_PATHS):
        reply = ask(guarded, shown, path)
        assert reply.status == 401
        assert reply.headers["www-authenticate"] == "Bearer"
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json["status"] == 401
        assert TOKEN not in reply.body.decode()
    metrics = guarded.metrics()
    assert metrics['modelspec_requests_total{code="401"}'] == 2
    assert metrics["modelspec_predictions_total"] == 0


def test_probes_and_prometheus_need_no_token(guarded: GrpcServer) -> None:
    for path in OPEN_PATHS:
        assert ask(guarded, None, path).status == 200
    assert refusal(guarded, "ServerLive", None) is None
    assert refusal(guarded, "ServerReady", None) is None


def test_calls_are_unauthenticated_without_it(guarded: GrpcServer) -> None:
    for method in ("ModelInfer", "ModelMetadata", "ModelReady", "ServerMetadata"):
        assert refusal(guarded, method, None) == grpc.StatusCode.UNAUTHENTICATED
        assert refusal(guarded, method, f"Bearer {OTHER}") == grpc.StatusCode.UNAUTHENTICATED
    assert refusal(guarded, "ServerMetadata", f"Bearer {TOKEN}") is None
    # An empty request is let in, and then found wanting.
    assert refusal(guarded, "ModelInfer", f"Bearer {TOKEN}") == grpc.StatusCode.NOT_FOUND
    assert guarded.metrics()['modelspec_requests_total{code="401"}'] == 2


def test_a_token_is_changed_without_a_restart_and_without_a_refusal(
    guarded: GrpcServer, file: Path
) -> None:
    turn(file.parent, "both", f"{OTHER}\n{TOKEN}")
    assert ask(guarded, f"Bearer {TOKEN}").status == ask(guarded, f"Bearer {OTHER}").status == 200
    turn(file.parent, "second", OTHER)
    assert ask(guarded, f"Bearer {TOKEN}").status == 401
    assert ask(guarded, f"Bearer {OTHER}").status == 200


@pytest.mark.parametrize("content", ["", "short", f"{TOKEN}\nshort"])
def test_a_file_that_has_no_token_any_more_lets_nobody_in(
    guarded: GrpcServer, file: Path, content: str
) -> None:
    turn(file.parent, "empty", content)
    for shown in (TOKEN, "short", ""):
        assert ask(guarded, f"Bearer {shown}").status == 403
    assert refusal(guarded, "ModelInfer", f"Bearer {TOKEN}") == grpc.StatusCode.PERMISSION_DENIED
    assert ask(guarded, None, "/readyz").status == 200


@pytest.mark.parametrize("content", [None, "", "short"])
def test_a_server_without_a_token_that_it_should_have_does_not_start(
    churn_folder: Folder, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "token").write_text(content)
    process = start(churn_folder.path, free_port(), MODELSPEC_TOKEN_FILE=str(tmp_path / "token"))
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    reason = "MODELSPEC_TOKEN_FILE names no file with a token of 16 characters"
    assert err == f"serving: {reason}\n"


def test_no_token_is_in_any_log(guarded: GrpcServer) -> None:
    ask(guarded, f"Bearer {TOKEN}")
    ask(guarded, f"Bearer {OTHER}")
    _, out, err, _ = guarded.stop()
    assert TOKEN not in out + err
    assert OTHER not in out + err


def test_a_flood_of_strangers_is_no_overload(guarded: GrpcServer) -> None:
    for _ in range(200):
        assert ask(guarded, None).status == 401
    metrics = guarded.metrics()
    assert metrics['modelspec_requests_total{code="503"}'] == 0
    assert metrics["modelspec_request_duration_seconds_count"] == 0
    assert metrics["modelspec_requests_in_flight"] == 0
