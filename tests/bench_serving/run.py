"""A contender on one core, the load generator on another, and what both say."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench_serving.contenders import SERVERS, environment
from tests.serving.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench_serving.contenders import Contender
    from tests.bench_serving.subject import Question

CONNECTIONS = 16
_START_SECONDS = 180
_WARM_UP_SECONDS = 1


@dataclass(frozen=True)
class Result:
    """One run.

    Attributes:
        rate: answers a second.
        p50: of their times, in milliseconds.
        p99: the same.
        cpu: microseconds of its core that the server takes for an answer.
        mebibytes: memory of all its processes after the run; what is shared counts once.
        start: seconds until it gave the first answer.
    """

    rate: float
    p50: float
    p99: float
    cpu: float
    mebibytes: float
    start: float


def measure(contender: Contender, model: Path, seconds: int) -> Result:
    """Starts a server, asks it, and ends it."""
    server_core, client_core = sorted(os.sched_getaffinity(0))[:2]
    port, other = free_port(), free_port()
    with _running(contender, model, (port, other), server_core) as root:
        began = time.monotonic()
        _wait(contender.first or contender.question, port, root)
        start = time.monotonic() - began
        at = other if contender.question.grpc else port
        _load(contender.question, at, _WARM_UP_SECONDS, client_core)
        before = _cpu(root)
        times = _load(contender.question, at, seconds, client_core)
        used = _cpu(root) - before
        found = _family(root)
        memory = sum(_proportional(process) for process in found) / 1024
    count = len(times)
    p50, p99 = times[count // 2] / 1000, times[count * 99 // 100] / 1000
    return Result(count / seconds, p50, p99, used / count * 1e6, memory, start)


@contextmanager
def _running(contender: Contender, model: Path, ports: tuple[int, int], core: int) -> Iterator[int]:
    python = contender.folder / "bin" / "python"
    command = [part.format(port=ports[0]) for part in contender.command]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            ["taskset", "-c", str(core), python, *command],
            env=environment(contender, model, *ports),
            cwd=SERVERS,
            stdout=log,
            stderr=log,
        )
        try:
            yield process.pid
        except AssertionError as error:
            log.seek(0)
            error.add_note(log.read()[-4000:].decode(errors="replace"))
            raise
        finally:
            family = _family(process.pid)
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            for number in family:  # a server's helpers may outlive it
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            process.wait()


def _wait(question: Question, port: int, root: int) -> None:
    """Until there is an answer that names a class."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and Path(f"/proc/{root}/exe").exists():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("POST", question.path, question.body, question.headers)
            if b"malignant" in (said := connection.getresponse().read()) or b"benign" in said:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.02)
    raise AssertionError("the server gave no answer")


def _load(question: Question, port: int, seconds: int, core: int) -> list[int]:
    """The times of all answers in microseconds, sorted.

    Raises:
        AssertionError: some request was not answered with 200.
    """
    with tempfile.TemporaryDirectory() as folder:
        body, log = Path(folder, "body"), Path(folder, "log")
        body.write_bytes(question.body)
        headers = [f"-H{name}: {value}" for name, value in question.headers.items()]
        generator = ["taskset", "-c", str(core), "h2load", "-t1", f"-c{CONNECTIONS}"]
        generator += [f"-D{seconds}", f"-d{body}", f"--log-file={log}"]
        generator += [] if question.grpc else ["--h1"]
        done = subprocess.run(
            [*generator, *headers, f"http://127.0.0.1:{port}{question.path}"],
            check=True,
            capture_output=True,
            text=True,
        )
        rows = [line.split("\t") for line in log.read_text().splitlines()]
    counted = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", done.stdout)
    assert counted, done.stdout
    assert counted[2] == counted[3] == "0", done.stdout
    return sorted(int(taken) for _, status, taken in rows if status == "200")


def _family(root: int) -> list[int]:
    """A process and all that come from it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


def _cpu(root: int) -> float:
    """Seconds of all of them."""
    ticks = 0
    for process in _family(root):
        with suppress(OSError):
            ticks += sum(
                map(
                    int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
                )
            )
    return ticks / os.sysconf("SC_CLK_TCK")


def _proportional(process: int) -> int:
    """KiB; what processes share is divided among them."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss: +(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0
