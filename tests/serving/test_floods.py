"""Floods with counted requests: what is accepted, what is refused, and how soon.

Counts always hold; figures need a core for the server and one for the client, so they are of the
soak alone, and are ratios to what the same server answered just before.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.adapters.images.parts import missing
from tests.serving import networks
from tests.serving.folders import rent
from tests.serving.processes import Server
from tests.serving.test_overload import CODE_503, flood

CODE_200 = 'modelspec_requests_total{code="200"}'
CONNECTIONS = 128
BODY = json.dumps({"instances": [[50]]})
RECOVERY_SECONDS = 10

Times = dict[int, list[float]]  # by status, seconds, sorted


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A network that takes about a millisecond for a row; server and client on a core each."""
    cores = sorted(os.sched_getaffinity(0))
    folder = rent(tmp_path_factory.mktemp("slow"), networks.layers([1, 1500, 1500, 1]))
    with pinned({cores[0]}):
        server = Server(folder.path)
    with pinned(set(cores[1:]) or set(cores)), server as running:
        asyncio.run(flood(running, 8, 1.2))  # it learns what a request costs
        yield running


@contextmanager
def pinned(cores: set[int]) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def h2load(server: Server, folder: Path, *options: str) -> tuple[list[int], Times]:
    """Requests that h2load sends: total, started, done and broken off; and how long each took."""
    program = shutil.which("h2load")
    if program is None:
        missing("h2load (nghttp2-client)")
    (folder / "body").write_text(BODY)
    (folder / "log").unlink(missing_ok=True)  # h2load would write behind what is there
    url = f"http://127.0.0.1:{server.port}/v1/models/rent:predict"
    done = subprocess.run(
        [program, "--h1", "-t1", f"-d{folder}/body", f"--log-file={folder}/log", *options, url],
        capture_output=True,
        text=True,
        check=True,
    )
    said = re.search(r"(\d+) total, (\d+) started, (\d+) done, .* (\d+) errored", done.stdout)
    assert said, done.stdout
    times: Times = {200: [], 503: []}
    for line in (folder / "log").read_text().splitlines():
        _, status, taken = line.split("\t")
        times[int(status)].append(int(taken) / 1e6)  # KeyError: there is no other status
    counts = [int(number) for number in said.groups()]
    return counts, {status: sorted(found) for status, found in times.items()}


def open_loop(server: Server, folder: Path, rate: float, seconds: float) -> Times:
    """Requests at a rate that does not depend on the answers."""
    count = int(rate * seconds) // CONNECTIONS * CONNECTIONS
    paced = (f"-c{CONNECTIONS}", f"-n{count}", f"--rps={rate / CONNECTIONS:.3f}")
    counts, times = h2load(server, folder, *paced)
    assert counts == [count, count, count, 0]  # none was left unsent, or without an answer
    return times


def peak(server: Server, folder: Path, seconds: int) -> float:
    """Answers a second to a few who wait for each."""
    _, times = h2load(server, folder, "-c8", f"-D{seconds}")
    assert not times[503]
    return len(times[200]) / seconds


def p99(times: list[float]) -> float:
    return times[len(times) * 99 // 100]


@pytest.mark.slow
def test_an_open_loop_beyond_what_can_be_answered_is_counted_to_the_last_request(
    slow: Server, tmp_path: Path
) -> None:
    rate = 3 * peak(slow, tmp_path, 1)
    time.sleep(0.5)  # what that broke off is answered, and counted
    before = slow.metrics()
    times = open_loop(slow, tmp_path, rate, 2)
    after = slow.metrics()
    assert times[200]
    assert times[503]
    assert after[CODE_503] - before[CODE_503] == len(times[503])
    assert after[CODE_200] - before[CODE_200] == len(times[200])
    assert after["modelspec_requests_in_flight"] == 0


@pytest.mark.soak
def test_an_open_loop_at_twice_the_peak_keeps_the_goodput(
    slow: Server, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    best, seconds = peak(slow, tmp_path, 3), 10
    started = time.monotonic()
    times = open_loop(slow, tmp_path, 2 * best, seconds)
    goodput = len(times[200]) / (time.monotonic() - started)
    ended = time.monotonic()
    while peak(slow, tmp_path, 1) < 0.9 * best:
        assert time.monotonic() - ended < RECOVERY_SECONDS
    record_property("peak and goodput, answers a second", (round(best), round(goodput)))
    record_property("accepted, refused", (len(times[200]), len(times[503])))
    record_property("p99 of accepted and refused, s", (p99(times[200]), p99(times[503])))
    record_property("load of the machine", os.getloadavg()[0])
    assert goodput >= 0.8 * best
    assert p99(times[200]) <= 0.25
    assert p99(times[503]) <= 0.05


@pytest.mark.soak
def test_512_connections_that_honour_retry_after_keep_the_goodput(
    slow: Server, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    best = peak(slow, tmp_path, 3)
    started = time.monotonic()
    statuses, refusals = asyncio.run(flood(slow, 512, 10))
    goodput = statuses[200] / (time.monotonic() - started)
    record_property("peak and goodput, answers a second", (round(best), round(goodput)))
    record_property("statuses", dict(statuses))
    record_property("p99 of refused, s", p99(sorted(refusals)))
    record_property("load of the machine", os.getloadavg()[0])
    assert set(statuses) == {200, 503}
    assert goodput >= 0.8 * best
