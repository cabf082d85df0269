"""gRPC calls that do not arrive, that are given up, and that a stop finds under way."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import StatusCode

from modelspec.serving.contract import MAX_ARRIVING_BYTES, MAX_BODY_BYTES
from tests.serving import networks
from tests.serving.calls import SERVICE, GrpcServer, call, infer_request
from tests.serving.folders import CHURN_ROW, Folder, rent
from tests.serving.processes import Server, ask, free_port, start
from tests.serving.test_grpc import counted, tensors
from tests.serving.test_overload import resident_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REQUEST = infer_request(tensors())
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS, _END_HEADERS = 0, 1, 4, 4


@pytest.fixture
def own_server(churn_folder: Folder) -> Iterator[GrpcServer]:
    with GrpcServer(churn_folder.path) as running:
        yield running


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    size = len(payload).to_bytes(3, "big")
    return size + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def head(**more: str) -> bytes:
    """The headers of a call, none of them compressed."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": f"/{SERVICE}/ModelInfer",
        ":authority": "x",
        "content-type": "application/grpc",
        "te": "trailers",
        **more,
    }
    return b"".join(
        b"\0" + bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()
        for name, value in fields.items()
    )


def half_sent(
    server: GrpcServer, calls: int, size: int = 100, sent: bytes = b"\0"
) -> socket.socket:
    """A connection with calls whose message never comes to its end."""
    connection = socket.create_connection(("127.0.0.1", server.grpc_port), timeout=20)
    frames = [_PREFACE, frame(_SETTINGS, 0, 0)]
    for i in range(calls):
        frames.append(frame(_HEADERS, _END_HEADERS, 2 * i + 1, head()))
        frames.append(frame(_DATA, 0, 2 * i + 1, b"\0" + size.to_bytes(4, "big") + sent))
    connection.sendall(b"".join(frames))
    return connection


@pytest.mark.slow
def test_messages_that_do_not_arrive_are_given_up_while_others_are_answered(
    own_server: GrpcServer,
) -> None:
    half = [half_sent(own_server, 50) for _ in range(10)]
    started = time.monotonic()
    time.sleep(1)
    probe = own_server.connect()
    slowest = 0.0
    while not (done := counted(own_server).get("408", 0)):
        asked = time.monotonic()
        assert ask(probe, "GET", "/healthz").status == 200
        slowest = max(slowest, time.monotonic() - asked)
        assert own_server.infer(tensors()).outputs
        assert time.monotonic() - started < 9
        time.sleep(0.05)
    assert time.monotonic() - started > 4
    while done < 500:
        assert time.monotonic() - started < 9
        done = counted(own_server).get("408", 0)
    probe.close()
    assert slowest < 0.5
    assert own_server.metrics()["modelspec_requests_in_flight"] == 0
    for connection in half:
        answer = b""
        while answer.count(b"grpc-status\x014") < 50:
            answer += connection.recv(1 << 20)
        connection.close()


def test_a_client_that_gives_up_or_goes_away_is_no_error_of_the_server(
    own_server: GrpcServer,
) -> None:
    half = half_sent(own_server, 3)
    while own_server.metrics()["modelspec_requests_in_flight"] < 3:
        time.sleep(0.01)
    half.close()
    deadline = time.monotonic() + 5
    while counted(own_server) != {"499": 3}:
        assert time.monotonic() < deadline, counted(own_server)
        time.sleep(0.02)
    assert own_server.metrics()["modelspec_requests_in_flight"] == 0


def test_a_call_under_way_is_answered_before_the_server_stops(own_server: GrpcServer) -> None:
    content = REQUEST.SerializeToString()
    half = half_sent(own_server, 1, len(content), content[:10])
    time.sleep(0.2)
    own_server.process.send_signal(signal.SIGTERM)
    time.sleep(1.0)
    assert own_server.process.poll() is None, "it waits for the call"
    half.sendall(frame(_DATA, 1, 1, content[10:]))
    answer = b""
    with half:
        while part := half.recv(9999):
            answer += part
    assert b"probability" in answer
    assert own_server.process.wait(10) == 0


def test_an_idle_channel_does_not_hold_up_the_stop(own_server: GrpcServer) -> None:
    own_server.call("ServerLive")
    code, _, err, seconds = own_server.stop()
    assert (code, err.count("Traceback"), seconds < 1.5) == (0, 0, True)


def test_readiness_goes_down_first(own_server: GrpcServer) -> None:
    assert own_server.call("ServerReady").ready
    own_server.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 0.35
    while own_server.call("ServerReady").ready:
        assert time.monotonic() < deadline, "readiness stayed up"
    assert own_server.infer(tensors()).outputs
    assert call(own_server.channel, "Check", b"", "grpc.health.v1.Health") == b"\x08\x02"
    assert own_server.process.wait(10) == 0


def test_no_call_is_lost_while_a_server_stops(churn_folder: Folder) -> None:
    """As behind a balancer: a client is told to go elsewhere, and elsewhere is another server."""
    port = free_port()
    failures: list[Any] = []
    answered = 0
    enough = threading.Event()

    def client(channel: grpc.Channel) -> None:
        nonlocal answered
        content = REQUEST.SerializeToString()
        while not enough.is_set():
            try:
                call(channel, "ModelInfer", content, wait_for_ready=True)
                answered += 1
            except grpc.RpcError as error:
                failures.append(error)

    first = start(churn_folder.path, free_port(), MODELSPEC_GRPC_PORT=str(port))
    # Clients start again what they had not sent yet when they were told; nothing else.
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    clients = [threading.Thread(target=client, args=(channel,)) for _ in range(4)]
    for thread in clients:
        thread.start()
    deadline = time.monotonic() + 20
    while answered < 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    first.send_signal(signal.SIGTERM)
    out, err = first.communicate(timeout=20)
    assert (first.returncode, err.count("Traceback")) == (0, 0), out + err
    before = answered
    second = start(churn_folder.path, free_port(), MODELSPEC_GRPC_PORT=str(port))
    while answered < before + 100 and time.monotonic() < deadline:
        time.sleep(0.05)
    enough.set()
    for thread in clients:
        thread.join(20)
    channel.close()
    second.kill()
    second.communicate()
    assert failures == []
    assert before > 200
    assert answered > before + 100


def test_a_port_that_is_taken_is_one_clear_line(server: Server, churn_folder: Folder) -> None:
    process = start(churn_folder.path, free_port(), MODELSPEC_GRPC_PORT=str(server.port))
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"serving: cannot serve at 127.0.0.1, port {server.port}: " in err
    assert "Traceback" not in err


def test_a_port_that_is_no_port_is_refused(churn_folder: Folder) -> None:
    process = start(churn_folder.path, free_port(), MODELSPEC_GRPC_PORT="grpc")
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (1, "serving: MODELSPEC_GRPC_PORT is not a port number\n")


def test_a_deadline_is_kept(own_server: GrpcServer) -> None:
    rows = [CHURN_ROW] * 15_000
    content = infer_request(tensors(rows)).SerializeToString()
    method: Any = own_server.channel.unary_unary(f"/{SERVICE}/ModelInfer")
    with pytest.raises(grpc.RpcError) as caught:
        method(content, timeout=0.005)
    assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED
    deadline = time.monotonic() + 5
    while own_server.metrics()["modelspec_requests_in_flight"]:
        assert time.monotonic() < deadline
    assert set(counted(own_server)) <= {"200", "499"}


def test_large_messages_share_a_connection(own_server: GrpcServer) -> None:
    rows = [["pro", i, "north", 1, "web"] for i in range(15_000)]
    content = infer_request(tensors(rows)).SerializeToString()
    assert 400_000 < len(content) < MAX_BODY_BYTES
    method: Any = own_server.channel.unary_unary(f"/{SERVICE}/ModelInfer")
    answers = {call.result() for call in [method.future(content, timeout=60) for _ in range(12)]}
    assert len(answers) == 1


def test_the_memory_of_messages_that_are_arriving_is_bounded(own_server: GrpcServer) -> None:
    resting = resident_bytes(own_server)
    held = MAX_BODY_BYTES - 1
    half = [half_sent(own_server, 1, held) for _ in range(60)]
    pieces = [b" " * 16_000] * (held // 16_000)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda c: send(c, b"".join(frame(_DATA, 0, 1, p) for p in pieces)), half))
    time.sleep(0.5)
    assert own_server.infer(tensors([CHURN_ROW] * 2000)).outputs
    assert resident_bytes(own_server) < resting + 4 * MAX_ARRIVING_BYTES
    ended = counted(own_server)
    assert ended.get("408", 0) + ended.get("503", 0) >= 60 - MAX_ARRIVING_BYTES // held - 2
    for connection in half:
        connection.close()


def send(connection: socket.socket, content: bytes) -> None:
    with suppress(OSError):
        connection.sendall(content)


def test_what_is_too_much_is_refused_at_once_and_told_when_to_come_again(
    tmp_path: Path,
) -> None:
    folder = rent(tmp_path / "slow", networks.layers([1, 1500, 1500, 1]))
    request = infer_request([("area", "FP64", [1], [50.0])], model_name="rent").SerializeToString()
    with GrpcServer(folder.path) as server:
        method: Any = server.channel.unary_unary(f"/{SERVICE}/ModelInfer")
        for _ in range(60):  # it learns what a call costs
            method(request, timeout=20)
        time.sleep(0.6)
        calls = [method.future(request, timeout=60) for _ in range(400)]
        codes = Counter(done.code() for done in calls)
        assert set(codes) == {StatusCode.OK, StatusCode.UNAVAILABLE}
        assert counted(server) == {
            "200": 60 + codes[StatusCode.OK],
            "503": codes[StatusCode.UNAVAILABLE],
        }
        refused = next(done for done in calls if done.code() is StatusCode.UNAVAILABLE)
        assert ("grpc-retry-pushback-ms", "1000") in refused.trailing_metadata()
        assert refused.details() == "the server has more requests than it can answer soon"
        assert server.metrics()["modelspec_requests_in_flight"] == 0
