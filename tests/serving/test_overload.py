"""A flooded server answers what it can, refuses the rest at once, and stays observable."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelspec.serving.admission import Admission
from modelspec.serving.contract import (
    MAX_ARRIVING_BYTES,
    MAX_BODY_BYTES,
    MAX_IN_FLIGHT,
    MAX_LARGE_IN_FLIGHT,
    QUEUE_SECONDS,
    SURE_IN_FLIGHT,
)
from modelspec.serving.problems import Problem
from tests.serving import networks
from tests.serving.folders import CHURN_ROW, rent
from tests.serving.processes import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE_408 = 'modelspec_requests_total{code="408"}'
CODE_503 = 'modelspec_requests_total{code="503"}'
HEAD = "POST /v1/models/{}:predict HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n"


@pytest.mark.parametrize(
    ("cost", "most"),
    [
        (1e-6, MAX_IN_FLIGHT),
        (QUEUE_SECONDS / 100, 100),
        (1.0, SURE_IN_FLIGHT),
    ],
)
def test_as_many_are_let_in_as_can_be_answered_soon(cost: float, most: int) -> None:
    admission = Admission()
    assert admission.most == MAX_IN_FLIGHT
    admission.seconds, admission.answered = cost * 50, 50
    admission.adapt()
    assert abs(admission.most - most) <= 1
    admission.adapt()  # nothing came meanwhile: what was learned stays
    assert abs(admission.most - most) <= 1


def test_only_so_many_large_bodies_wait_and_each_makes_room_again() -> None:
    admission = Admission()

    async def waiting() -> None:
        async with admission:
            pass

    async def run() -> None:
        async with admission.turn:
            others = [asyncio.create_task(waiting()) for _ in range(MAX_LARGE_IN_FLIGHT)]
            await asyncio.sleep(0)
            with pytest.raises(Problem) as caught:
                await waiting()
            assert caught.value.status == 503
            others[0].cancel()
            await asyncio.sleep(0)
            others.append(asyncio.create_task(waiting()))
        await asyncio.gather(*others[1:])
        await waiting()

    asyncio.run(run())


@pytest.fixture(scope="module")
def slow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose network takes about a millisecond for a row."""
    folder = rent(tmp_path_factory.mktemp("slow"), networks.layers([1, 1500, 1500, 1]))
    with Server(folder.path) as running:
        yield running


async def flood(server: Server, clients: int, seconds: float) -> tuple[Counter[int], list[float]]:
    """Clients that honour Retry-After: statuses, and how long those waited who got 503."""
    body = json.dumps({"instances": [[50]]})
    request = (HEAD.format("rent", len(body)) + body).encode()
    statuses: Counter[int] = Counter()
    refusals: list[float] = []
    end = time.monotonic() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        while time.monotonic() < end:
            asked = time.monotonic()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            status = int(head.split()[1])
            await reader.readexactly(int(head.split(b"content-length: ")[1].split()[0]))
            statuses[status] += 1
            if status == 503:
                assert b"\r\nretry-after: 1\r\n" in head
                refusals.append(time.monotonic() - asked)
                await asyncio.sleep(1)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _ in range(clients)))
    return statuses, refusals


@pytest.mark.slow
def test_a_flood_is_answered_in_part_and_refused_in_part_and_counted(slow_server: Server) -> None:
    asyncio.run(flood(slow_server, 8, 1.2))  # it learns what a request costs
    before = slow_server.metrics()
    started = time.monotonic()
    alone, _ = asyncio.run(flood(slow_server, 8, 1))
    peak = alone[200] / (time.monotonic() - started)
    started = time.monotonic()
    statuses, refusals = asyncio.run(flood(slow_server, 400, 3))
    goodput = statuses[200] / (time.monotonic() - started)
    after = slow_server.metrics()
    assert set(statuses) == {200, 503}
    assert after[CODE_503] - before[CODE_503] == statuses[503] == len(refusals) > 0
    assert after["modelspec_requests_in_flight"] == 0
    assert goodput > 0.5 * peak  # the client shares the machine; figures are measured elsewhere
    assert sorted(refusals)[len(refusals) // 2] < 0.5
    assert slow_server.predict([[50]], "rent").status == 200


def test_bodies_that_are_still_arriving_take_the_place_of_no_other(own_server: Server) -> None:
    half = [own_server.socket() for _ in range(500)]
    for i, connection in enumerate(half):
        connection.sendall(HEAD.format("churn", (500_000, 500)[i % 2]).encode() + b"{")
    large = json.dumps({"instances": [CHURN_ROW] * 1000}).encode()
    time.sleep(1)  # those that have only begun may still be taken for a queue
    for _ in range(20):
        assert own_server.post(large).status == 200
        assert own_server.predict([CHURN_ROW]).status == 200
    assert own_server.metrics()["modelspec_requests_in_flight"] == 500
    for connection in half:
        connection.close()


def test_the_memory_of_what_is_arriving_is_bounded_and_the_slow_ones_make_room(
    own_server: Server,
) -> None:
    resting = resident_bytes(own_server)
    held = MAX_BODY_BYTES - 1
    half = [own_server.socket() for _ in range(60)]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda c: fill(c, held), half))
    time.sleep(0.5)
    large = json.dumps({"instances": [CHURN_ROW] * 1000}).encode()
    assert [own_server.post(large).status for _ in range(5)] == [200] * 5
    assert resident_bytes(own_server) < resting + 4 * MAX_ARRIVING_BYTES
    refused = own_server.metrics()
    assert refused[CODE_408] + refused[CODE_503] >= 60 - MAX_ARRIVING_BYTES // held
    for connection in half:
        connection.close()


def fill(connection: socket.socket, size: int) -> None:
    """Sends all but the last byte of a body, or what the server takes of it."""
    with suppress(OSError):
        connection.sendall(HEAD.format("churn", size + 1).encode() + b" " * size)


def resident_bytes(server: Server) -> int:
    pages = Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def test_probes_are_answered_beside_thousands_of_idle_connections(own_server: Server) -> None:
    idle = [own_server.socket() for _ in range(1100)]
    started = time.monotonic()
    for path in ("/healthz", "/metrics", "/v2/health/ready"):
        assert own_server.request("GET", path).status == 200
    assert time.monotonic() - started < 2
    for connection in idle:
        connection.close()
