"""Whoever does not keep to HTTP/2 is told so and disconnected, and harms nobody else."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import hpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelspec.serving import frames
from modelspec.serving.frames import frame, literal
from modelspec.serving.outbox import FIRST_WINDOW
from tests.serving.calls import SERVICE, GrpcServer, infer_request
from tests.serving.folders import Folder
from tests.serving.test_grpc import tensors

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
START = PREFACE + frame(frames.SETTINGS, 0, 0)
PLAIN = {
    ":method": "POST",
    ":scheme": "http",
    ":path": f"/{SERVICE}/ServerLive",
    "content-type": "application/grpc",
}
EMPTY = b"\0" * 5  # an empty message


@pytest.fixture(scope="module")
def server(churn_folder: Folder) -> Iterator[GrpcServer]:
    with GrpcServer(churn_folder.path) as running:
        yield running


def block(**changes: str) -> bytes:
    fields = PLAIN | {name.replace("_", ":", 1): value for name, value in changes.items()}
    return b"".join(literal(name.encode(), value.encode()) for name, value in fields.items())


def call(number: int = 1, fields: bytes = b"", content: bytes = EMPTY) -> bytes:
    head = frame(frames.HEADERS, frames.END_HEADERS, number, fields or block())
    return head + frame(frames.DATA, frames.END_STREAM, number, content)


def talk(server: GrpcServer, sent: bytes, wait: float = 1) -> list[tuple[int, int, int, bytes]]:
    """The frames that come back: kind, flags, stream and content; None of all is the end."""
    answer = b""
    ended = False
    with socket.create_connection(("127.0.0.1", server.grpc_port), timeout=20) as connection:
        connection.settimeout(wait)
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
        try:
            while part := connection.recv(65_536):
                answer += part
            ended = True
        except ConnectionResetError:  # as some of what was sent was never read
            ended = True
        except TimeoutError:
            pass
    found = []
    while answer:
        size = int.from_bytes(answer[:3], "big")
        kind, flags, number = struct.unpack(">BBI", answer[3:9])
        found.append((kind, flags, number, answer[9 : 9 + size]))
        answer = answer[9 + size :]
    return [*found, (-1, 0, 0, b"")] if ended else found


def code(server: GrpcServer, sent: bytes) -> int | None:
    """With which error the server ends the connection."""
    answers = talk(server, sent)
    last = [content for kind, _, _, content in answers if kind == frames.GOAWAY]
    assert (answers[-1][0] == -1) == bool(last), "told and disconnected, or neither"
    return int.from_bytes(last[0][4:8], "big") if last else None


def test_a_call_is_answered_frame_by_frame(server: GrpcServer) -> None:
    answers = talk(server, START + call() + call(3), 0.3)
    kinds = [(kind, number) for kind, _, number, _ in answers if kind < frames.RST_STREAM]
    each = [frames.HEADERS, frames.DATA, frames.HEADERS]
    assert kinds == [(kind, number) for number in (1, 3) for kind in each]
    decoder = hpack.Decoder()
    heads = [
        dict(decoder.decode(content, raw=True))
        for kind, _, _, content in answers
        if kind == frames.HEADERS
    ]
    assert heads[0] == {b":status": b"200", b"content-type": b"application/grpc"}
    assert heads[1] == {b"grpc-status": b"0"}


UPDATE, RESET = frames.WINDOW_UPDATE, frames.RST_STREAM


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", frames.PROTOCOL_ERROR),
        (PREFACE + call(), frames.PROTOCOL_ERROR),
        (START + call(2), frames.PROTOCOL_ERROR),
        (START + call(0), frames.PROTOCOL_ERROR),
        (START + call(3) + call(1), frames.PROTOCOL_ERROR),
        (START + frame(frames.DATA, 0, 1, b"x"), frames.PROTOCOL_ERROR),
        (START + frame(frames.DATA, 0, 0, b"x"), frames.PROTOCOL_ERROR),
        (START + frame(frames.HEADERS, 4, 1, b"\xff\xff\xff\xff\xff\xff"), 9),
        (START + frame(frames.HEADERS, 4, 1, b"\xc0"), frames.COMPRESSION_ERROR),
        (
            START + frame(frames.HEADERS, 0, 1, block()) + frame(frames.PING, 0, 0, EMPTY + b"123"),
            1,
        ),
        (START + frame(9, 4, 1, block()), frames.PROTOCOL_ERROR),
        (START + frame(frames.HEADERS, frames.PADDED | 4, 1, b"\xff" + block()), 1),
        (START + frame(frames.HEADERS, frames.PRIORITY | 4, 1, b"\0\0"), 1),
        (START + frame(frames.SETTINGS, 0, 0, b"12345"), frames.FRAME_SIZE_ERROR),
        (START + frame(frames.SETTINGS, 0, 0, struct.pack(">HI", 4, 2**31)), 3),
        (START + frame(frames.PING, 0, 0, b"short"), frames.FRAME_SIZE_ERROR),
        (START + frame(UPDATE, 0, 0, b"\0\0\0\0"), frames.FLOW_CONTROL_ERROR),
        (START + frame(UPDATE, 0, 0, b"\x7f\xff\xff\xff"), frames.FLOW_CONTROL_ERROR),
        (START + frame(UPDATE, 0, 5, b"\0\0\0\1"), frames.PROTOCOL_ERROR),
        (START + frame(RESET, 0, 7, b"\0\0\0\0"), frames.PROTOCOL_ERROR),
        (START + b"\xff\xff\xff\0\0\0\0\0\1", frames.FRAME_SIZE_ERROR),
        (START + frame(frames.PING, 0, 0, b"12345678") * 4000, frames.ENHANCE_YOUR_CALM),
        (START + frame(frames.SETTINGS, 0, 0) * 4000, frames.ENHANCE_YOUR_CALM),
        (START + frame(2, 0, 1, b"12345") * 4000, frames.ENHANCE_YOUR_CALM),
        (START + frame(frames.HEADERS, 0, 1, block()) + frame(9, 0, 1) * 4000, 11),
        (START + frame(frames.HEADERS, 0, 1, b"") + frame(9, 0, 1, b"\0" * 16_000) * 9, 11),
        (START + frame(frames.HEADERS, 4, 1, block()) + frame(frames.DATA, 0, 1) * 4000, 11),
    ],
)
def test_what_breaks_the_protocol_ends_the_connection(
    server: GrpcServer, sent: bytes, error: int
) -> None:
    assert code(server, sent) == error
    assert server.call("ServerLive").live


def test_streams_that_are_reset_again_and_again_end_the_connection(server: GrpcServer) -> None:
    opened = block(_path=f"/{SERVICE}/ModelInfer")
    sent = b"".join(
        frame(frames.HEADERS, 4, number, opened) + frame(RESET, 0, number, b"\0\0\0\x08")
        for number in range(1, 16001, 2)
    )
    assert code(server, START + sent) == frames.ENHANCE_YOUR_CALM
    assert server.metrics()["modelspec_requests_in_flight"] == 0


@pytest.mark.parametrize(
    "sent",
    [
        frame(frames.PING, 0, 0, b"12345678"),
        frame(frames.SETTINGS, frames.ACK, 0),
        frame(2, 0, 1, b"12345"),
        frame(200, 255, 1, b"of a kind that nobody knows"),
        frame(UPDATE, 0, 0, b"\0\0\0\1"),
    ],
)
def test_frames_that_ask_nothing_are_put_up_with(server: GrpcServer, sent: bytes) -> None:
    answers = talk(server, START + sent + call(), 0.3)
    assert answers[-1][3] == literal(b"grpc-status", b"0")


def test_padding_priority_trailers_and_parts_are_read(server: GrpcServer) -> None:
    head = block()
    padded = frame(
        frames.HEADERS, frames.PADDED | frames.PRIORITY, 1, b"\3" + EMPTY + head[:9] + EMPTY[:3]
    )
    sent = padded + frame(9, 0, 1, head[9:20]) + frame(9, frames.END_HEADERS, 1, head[20:])
    sent += frame(frames.DATA, frames.PADDED, 1, b"\2" + EMPTY[:2] + b"xx")
    sent += frame(frames.DATA, 0, 1, EMPTY[2:])
    sent += frame(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, 1, literal(b"x", b"y"))
    for whole in (True, False):
        answers = talk(server, START + sent, 0.3) if whole else talk_slowly(server, START + sent)
        assert answers[-1][3] == literal(b"grpc-status", b"0")


def talk_slowly(server: GrpcServer, sent: bytes) -> list[tuple[int, int, int, bytes]]:
    """The same in pieces of a byte."""
    with socket.create_connection(("127.0.0.1", server.grpc_port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(sent)):
            connection.sendall(sent[i : i + 1])
        time.sleep(0.1)
        answer = connection.recv(65_536)
    return [(0, 0, 0, answer[-len(literal(b"grpc-status", b"0")) :])]


def test_what_is_no_grpc_is_refused_as_http(server: GrpcServer) -> None:
    for changes in ({"_method": "GET"}, {"content-type": "text/html"}):
        fields = "".join(changes), block(**changes)
        answers = talk(server, START + frame(frames.HEADERS, 5, 1, fields[1]), 0.3)
        (head,) = [content for kind, _, _, content in answers if kind == frames.HEADERS]
        assert dict(hpack.Decoder().decode(head, raw=True)) == {b":status": b"415"}


def test_an_answer_is_sent_as_far_as_the_client_takes_it(server: GrpcServer) -> None:
    rows = [["pro", i, "north", 1, "web"] for i in range(8000)]
    content = infer_request(tensors(rows)).SerializeToString()
    message = b"\0" + len(content).to_bytes(4, "big") + content
    pieces = [message[i : i + 16_000] for i in range(0, len(message), 16_000)]
    head = block(_path=f"/{SERVICE}/ModelInfer")
    sent = PREFACE + frame(frames.SETTINGS, 0, 0, struct.pack(">HI", 4, 20_000))
    sent += frame(frames.HEADERS, frames.END_HEADERS, 1, head)
    sent += b"".join(frame(frames.DATA, 0, 1, piece) for piece in pieces)
    sent += frame(frames.DATA, frames.END_STREAM, 1)

    def received(more: bytes) -> tuple[int, bool]:
        answers = talk(server, sent + more)
        sizes = [len(content) for kind, _, _, content in answers if kind == frames.DATA]
        assert max(sizes) <= frames.FRAME_BYTES
        return sum(sizes), answers[-1][3] == literal(b"grpc-status", b"0")

    assert received(b"") == (20_000, False)
    some = frame(UPDATE, 0, 1, struct.pack(">I", 10_000))
    assert received(some) == (30_000, False)
    much = frame(UPDATE, 0, 1, struct.pack(">I", 1_000_000))
    assert received(much) == (FIRST_WINDOW, False)
    size, whole = received(much + frame(UPDATE, 0, 0, struct.pack(">I", 1_000_000)))
    assert (size > FIRST_WINDOW, whole) == (True, True)
    wider = frame(frames.SETTINGS, 0, 0, struct.pack(">HI", 4, 60_000))
    assert received(wider) == (60_000, False)


@pytest.mark.slow
def test_clients_that_do_not_greet_or_take_nothing_are_let_go(server: GrpcServer) -> None:
    silent = socket.create_connection(("127.0.0.1", server.grpc_port), timeout=20)
    started = time.monotonic()
    rows = [["pro", i, "north", 1, "web"] for i in range(500)]
    content = infer_request(tensors(rows)).SerializeToString()
    message = b"\0" + len(content).to_bytes(4, "big") + content
    greedy = socket.create_connection(("127.0.0.1", server.grpc_port), timeout=20)
    sent = PREFACE + frame(frames.SETTINGS, 0, 0, struct.pack(">HI", 4, 0))
    sent += frame(frames.HEADERS, 4, 1, block(_path=f"/{SERVICE}/ModelInfer"))
    pieces = [message[i : i + 16_000] for i in range(0, len(message), 16_000)]
    sent += b"".join(frame(frames.DATA, 0, 1, piece) for piece in pieces)
    greedy.sendall(sent + frame(frames.DATA, 1, 1))
    for connection in (silent, greedy):
        with suppress(ConnectionResetError):
            while connection.recv(65_536):
                pass
        connection.close()
    assert 4 < time.monotonic() - started < 8


@given(
    parts=st.lists(
        st.tuples(
            st.sampled_from([0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
            st.sampled_from([0, 1, 4, 5, 8, 9, 0x20, 0x2D]),
            st.sampled_from([0, 1, 3, 5, 2]),
            st.sampled_from([b"", b"\0" * 4, b"\0\0\0\1", EMPTY, b"12345678", block()])
            | st.binary(max_size=20),
        ),
        max_size=8,
    )
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_frames_keep_the_server_from_answering_others(
    server: GrpcServer, parts: list[tuple[int, int, int, bytes]]
) -> None:
    talk(server, START + b"".join(frame(*part) for part in parts), 0.01)
    assert server.call("ServerLive").live
