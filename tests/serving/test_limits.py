"""Limits of size, number and time, which nobody can make the others pay for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from modelspec.serving.contract import MAX_ROWS
from tests.serving.folders import CHURN_ROW
from tests.serving.processes import ask
from tests.serving.test_refusals import GOOD, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.serving.processes import Server

HEAD = b"POST /v1/models/churn:predict HTTP/1.1\r\nhost: x\r\n"


def test_a_body_of_one_mebibyte_is_read_and_one_byte_more_is_not(server: Server) -> None:
    limit = 1024 * 1024
    assert server.post(GOOD.ljust(limit)).status == 200
    reply = server.post(GOOD.ljust(limit + 1))
    problem(reply, 413)
    assert reply.headers["connection"] == "close"
    endless = _raw(server, HEAD + b"content-length: %d\r\n\r\n" % 10**12 + b" " * 1000)
    assert endless.startswith(b"HTTP/1.1 413 ")


def test_a_body_of_unknown_length_is_read_up_to_the_limit(server: Server) -> None:
    good = _raw(server, HEAD + b"transfer-encoding: chunked\r\n\r\n" + _chunk(GOOD) + _chunk(b""))
    assert good.startswith(b"HTTP/1.1 200 ")
    endless = HEAD + b"transfer-encoding: chunked\r\n\r\n" + _chunk(b" " * 65_536) * 80
    assert _raw(server, endless).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "body",
    [
        b'{"instances": ' + b"[" * 1_000_000,
        b'{"instances": [' + b",".join([b"[1]"] * 250_000) + b"]}",
        b'{"instances": [' + b",".join([b'{"a":1}'] * 120_000) + b"]}",
        b'{"instances": [["' + b'","[[[[[[' * 100_000 + b'"]]}',
    ],
    ids=["depth", "rows", "objects", "texts"],
)
def test_nobody_waits_for_a_body_that_would_take_long_to_read(server: Server, body: bytes) -> None:
    texts = body.endswith(b'[["]]}')
    with ThreadPoolExecutor(4) as pool:
        replies = [pool.submit(server.post, body) for _ in range(4)]
        slowest = slowest_health(server, lambda: not all(reply.done() for reply in replies))
    for reply in replies:
        problem(reply.result(), 400 if texts else 413)
    assert slowest < 0.3


def test_a_request_has_at_most_so_many_rows(server: Server) -> None:
    rows = [["pro", i, None, 1, "w[e{b"] for i in range(MAX_ROWS)]
    assert len(server.predict(rows).json["predictions"]) == MAX_ROWS
    assert "at most 20000 rows" in problem(server.predict([*rows, rows[0]]), 413)["detail"]


def test_a_bad_row_far_down_is_found_with_its_index(server: Server) -> None:
    rows = [CHURN_ROW] * 5000
    assert problem(server.predict([*rows, ["pro"]]), 400)["index"] == 5000


def test_compressed_bodies_are_refused(server: Server) -> None:
    problem(server.post(GOOD, content_encoding="gzip"), 415)
    head = HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n"
    assert _raw(server, head + _chunk(GOOD) + _chunk(b"")).startswith(b"HTTP/1.1 415 ")


SMUGGLED = b"GET /v1/models/churn HTTP/1.1\r\nhost: x\r\n\r\n"
LENGTH, CHUNKED = b"content-length: %d" % len(SMUGGLED), b"transfer-encoding: chunked"


@pytest.mark.parametrize(
    "lines",
    [
        [LENGTH, CHUNKED],
        [CHUNKED, LENGTH],
        [LENGTH, LENGTH, CHUNKED],
        [b"Content-Length: 0", b"Transfer-Encoding: cHuNkEd"],
        [CHUNKED, b"content-length: x"],
        [CHUNKED, CHUNKED, LENGTH],
        [LENGTH, b"transfer-encoding: gzip, chunked"],
        [LENGTH, b"transfer-encoding: chunked, identity"],
        [LENGTH, b"transfer-encoding: xchunked"],
        [LENGTH, b"transfer-encoding : chunked"],
        [LENGTH, b"transfer-encoding:\tchunked"],
        [LENGTH, b"x: y\r\n transfer-encoding: chunked"],
        [b"content-length: 5", b"content-length: 6"],
        [b"content-length: 5, 6"],
        [b"content-length: +5"],
        [b"content-length: -1"],
        [b"content-length: 0x10"],
        [b"content-length: 99999999999999999999999999"],
    ],
    ids=lambda lines: b", ".join(lines).decode(),
)
def test_nothing_can_be_smuggled_behind_a_length_that_can_be_read_in_two_ways(
    server: Server, lines: list[bytes]
) -> None:
    """One answer by the chunks and the end of the connection, as RFC 9112 asks, or a refusal.

    A length beside chunks is dropped before the server's application can see it.
    """
    head = HEAD + b"\r\n".join(lines) + b"\r\n\r\n"
    answers = _raw(server, head + _chunk(GOOD) + _chunk(b"") + SMUGGLED)
    status = int(answers[9:12])
    assert b"AVAILABLE" not in answers, "what was smuggled in was answered"
    assert status in ((200, 415) if CHUNKED in lines else (200, 400, 413, 415, 501))
    assert answers.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answers.lower()


@pytest.mark.parametrize("announced", [1, len(GOOD) - 1, len(GOOD) + 1])
def test_a_length_that_lies_spoils_the_request_and_the_connection(
    server: Server, announced: int
) -> None:
    second = HEAD + b"content-length: %d\r\n\r\n" % len(GOOD) + GOOD
    head = HEAD + b"content-length: %d\r\n\r\n" % announced
    answers = _raw(server, head + GOOD + second)
    statuses = [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses
    assert 200 not in statuses, "neither request can be told from the other"
    assert set(statuses) <= {400, 405}
    assert server.post(GOOD).status == 200


@pytest.mark.slow
def test_chunks_that_drip_in_without_end_are_cut_off(server: Server) -> None:
    started = time.monotonic()
    with server.socket() as slow:
        slow.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        slow.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() - started < 9:
            slow.sendall(_chunk(b" "))
            with suppress(TimeoutError):
                answer = slow.recv(9999)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert 4 < time.monotonic() - started < 8


def test_headers_without_end_are_refused(server: Server) -> None:
    assert _raw(server, HEAD + b"x: " + b"y" * 1_000_000).startswith(b"HTTP/1.1 431 ")


def test_pipelined_requests_and_http_1_0_are_answered(server: Server) -> None:
    one = HEAD + b"content-length: %d\r\n\r\n" % len(GOOD) + GOOD
    last = one.replace(b"host: x", b"host: x\r\nconnection: close")
    assert _raw(server, one + one + last).count(b"HTTP/1.1 200 ") == 3
    assert b" 200 OK" in _raw(server, one.replace(b"HTTP/1.1", b"HTTP/1.0"))


@pytest.mark.slow
def test_a_body_that_does_not_arrive_is_given_up_while_others_are_served(server: Server) -> None:
    before = server.metrics()
    slow = [server.socket() for _ in range(500)]
    for half in slow:
        half.sendall(HEAD + b"content-length: 100\r\n\r\n{")
    started = time.monotonic()
    waited = []
    while time.monotonic() - started < 2:
        asked = time.monotonic()
        assert server.request("GET", "/healthz").status == 200
        waited.append(time.monotonic() - asked)
        assert server.post(GOOD).status == 200 or time.monotonic() - started < 1
        time.sleep(0.05)
    # Those that came in one moment with too many others were not let in at all.
    waiting = server.metrics()["modelspec_requests_in_flight"]
    assert waiting > 100
    ends = [half.recv(9999)[9:12] for half in slow]
    assert set(ends) <= {b"408", b"503"}
    assert ends.count(b"408") == waiting
    for half in slow:
        half.close()
    assert 4 < time.monotonic() - started < 9
    assert sorted(waited)[len(waited) // 2] < 0.1
    assert max(waited) < 0.5
    code = 'modelspec_requests_total{code="408"}'
    after = server.metrics()
    assert after[code] - before[code] == waiting
    assert after["modelspec_requests_in_flight"] == 0


def test_a_client_that_goes_away_is_no_error_of_the_server(server: Server) -> None:
    before = server.metrics()
    gone = server.socket()
    gone.sendall(HEAD + b"content-length: 100\r\n\r\n{")
    time.sleep(0.1)
    gone.close()
    gone_code, error_code = (f'modelspec_requests_total{{code="{n}"}}' for n in (499, 500))
    deadline = time.monotonic() + 5
    while server.metrics()[gone_code] == before[gone_code] and time.monotonic() < deadline:
        time.sleep(0.02)
    after = server.metrics()
    assert after[gone_code] == before[gone_code] + 1
    assert after[error_code] == before[error_code]


def slowest_health(server: Server, busy: Callable[[], bool]) -> float:
    """The longest that a probe waited while something was going on, in seconds."""
    slowest = 0.0
    connection = server.connect()
    while busy():
        asked = time.monotonic()
        assert ask(connection, "GET", "/healthz").status == 200
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.002)
    connection.close()
    return slowest


def _chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


def _raw(server: Server, request: bytes) -> bytes:
    """What comes back until the server closes or says nothing for two seconds."""
    answer = b""
    with server.socket() as connection:
        connection.settimeout(2)
        # It may stop reading, which is the point; the answer is still there.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        with suppress(TimeoutError, ConnectionResetError):
            while part := connection.recv(65_536):
                answer += part
    return answer
