"""Two containers behind a balancer are restarted in turn: clients that never retry lose nothing."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import threading
from collections import Counter
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self

import grpc
import pytest

from modelspec.adapters import container
from modelspec.adapters.running import free_port
from tests.adapters.images.parts import missing, wait_for
from tests.serving.calls import SERVICE, call, infer_request
from tests.serving.folders import CHURN_ROW
from tests.serving.processes import ask
from tests.serving.test_grpc import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from docker.models.containers import Container

    from tests.clients.conftest import Served

CLIENTS = 3  # of each protocol
BODY = json.dumps({"instances": [CHURN_ROW]}).encode()
CALL = infer_request(tensors()).SerializeToString()

# Nothing is asked twice, and readiness alone says who is asked; a busy machine may take a while
# to answer a check, which would else be given no longer than the pause between two.
BALANCER = """
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 60s
  timeout server 20s
  timeout check 2s
  option httpchk GET /readyz
  default-server inter 100ms fall 1 rise 1
frontend rest
  bind 127.0.0.1:{rest}
  http-request return status 200 if {{ path /all-up }} {{ nbsrv(http) eq 2 }} {{ nbsrv(grpc) eq 2 }}
  default_backend http
frontend calls
  bind 127.0.0.1:{calls} proto h2
  default_backend grpc
backend http
{http}
backend grpc
{grpc}
"""


class Balancer:
    """Debian's HAProxy in front of servers at (HTTP port, gRPC port)."""

    def __init__(self, folder: Path, servers: Sequence[tuple[int, int]]) -> None:
        self.rest, self.calls = free_port(), free_port()
        at = [f"  server s{http} 127.0.0.1" for http, _ in servers]
        settings = BALANCER.format(
            rest=self.rest,
            calls=self.calls,
            http="\n".join(f"{s}:{h} check" for s, (h, _) in zip(at, servers, strict=True)),
            grpc="\n".join(
                f"{s}:{g} proto h2 check port {h} check-proto h1"
                for s, (h, g) in zip(at, servers, strict=True)
            ),
        )
        (folder / "haproxy.cfg").write_text(settings)

    def all_up(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.rest, timeout=20)
        try:
            return ask(connection, "GET", "/all-up").status == 200
        except OSError:  # it does not even listen yet
            return False
        finally:
            connection.close()


@contextmanager
def balancer(folder: Path, servers: Sequence[tuple[int, int]]) -> Iterator[Balancer]:
    program = shutil.which("haproxy", path="/usr/sbin:/usr/bin")
    if program is None:
        missing("haproxy")
    made = Balancer(folder, servers)
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen([program, "-f", folder / "haproxy.cfg"], stdout=log, stderr=log)
    try:
        wait_for(made.all_up, 30)
        yield made
    finally:
        process.kill()
        process.wait()


class Clients:
    """Ask without a pause until they are told to stop; each keeps its connection."""

    def __init__(self, balancer: Balancer) -> None:
        self.answers: Counter[str] = Counter()
        self.lost: list[str] = []
        self._balancer = balancer
        self._enough = threading.Event()
        kinds = (self._rest, self._grpc)
        self._threads = [threading.Thread(target=kind) for kind in kinds * CLIENTS]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join(30)

    def _rest(self) -> None:
        # Where the balancer ends a connection, http.client opens another with the next request.
        connection = http.client.HTTPConnection("127.0.0.1", self._balancer.rest, timeout=20)
        while not self._enough.is_set():
            try:
                reply = ask(connection, "POST", "/v1/models/churn:predict", BODY)
                if reply.status == 200:
                    self.answers["rest"] += 1
                else:
                    self.lost.append(f"rest: {reply.status} {reply.body[:80]!r}")
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(f"rest: {error!r}")
                connection.close()
        connection.close()

    def _grpc(self) -> None:
        options = [("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{self._balancer.calls}", options) as channel:
            while not self._enough.is_set():
                try:
                    call(channel, "ModelInfer", CALL, SERVICE)
                    self.answers["grpc"] += 1
                except grpc.RpcError as error:
                    self.lost.append(f"grpc: {error.code()} {error.details()}")


def start(served: Served, ports: tuple[int, int]) -> Container:
    """A container at ports that it keeps when it is started again."""
    names = ("MODELSPEC_PORT", "MODELSPEC_GRPC_PORT")
    variables = {name: str(port) for name, port in zip(names, ports, strict=True)}
    network = {"network_mode": "host", "environment": {"MODELSPEC_HOST": "127.0.0.1", **variables}}
    return container._create(served.engine, served.image, container.MEMORY, network, ports)[0]


def restart(running: Container) -> None:
    """SIGTERM, and a new start once it has ended by itself."""
    running.stop(timeout=20)
    assert running.wait()["StatusCode"] == 0
    running.start()


def restarted(served: Served, folder: Path, times: int) -> Clients:
    """Restarts one container, then the other, and so on, while clients ask."""
    servers = [(free_port(), free_port()) for _ in range(2)]
    with ExitStack() as stack:
        containers = []
        for ports in servers:
            containers.append(start(served, ports))
            stack.callback(container._remove, containers[-1], seconds=0)
        front = stack.enter_context(balancer(folder, servers))
        with Clients(front) as clients:
            for i in range(times):
                restart(containers[i % 2])
                wait_for(front.all_up, 20)
        return clients


@pytest.mark.slow
@pytest.mark.parametrize("served", ["tflite"], indirect=True)
@pytest.mark.parametrize(
    "times", [10, pytest.param(100, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
def test_no_request_is_lost_while_two_containers_are_restarted_in_turn(
    served: Served,
    tmp_path: Path,
    times: int,
    record_property: Callable[[str, object], None],
) -> None:
    clients = restarted(served, tmp_path, times)
    record_property("answered", dict(clients.answers))
    record_property("lost", Counter(clients.lost))
    assert not clients.lost
    assert min(clients.answers["rest"], clients.answers["grpc"]) > 10 * times
