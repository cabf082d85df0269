"""A running copy of the image, and what it answers over HTTP."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from modelspec.diagnostics import WorldError
from modelspec.serving import contract

HOST = "127.0.0.1"
START_SECONDS = 60.0
ANSWER_SECONDS = 30.0
OK = 200


@dataclass(frozen=True, slots=True)
class Running:
    """Where the model answers.

    Attributes:
        port: on 127.0.0.1.
        grpc_port: the same for gRPC.
        ran_as: what runs it.
        ready_seconds: from start to ready.
    """

    port: int
    grpc_port: int
    ran_as: Literal["container", "process"]
    ready_seconds: float

    @property
    def url(self) -> str:
        """Without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def predict(self, name: str, instances: Sequence[Any]) -> list[Any]:
        """The predictions for raw rows, each a list or an object.

        Raises:
            WorldError: if it does not answer, or refuses.
        """
        connection = http.client.HTTPConnection(HOST, self.port, timeout=ANSWER_SECONDS)
        try:
            return _ask(connection, name, instances)
        finally:
            connection.close()

    def latencies(self, name: str, row: Any, count: int, warm_up: int) -> list[float]:
        """Milliseconds of one-row requests on one connection, after some that do not count."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=ANSWER_SECONDS)
        taken = []
        try:
            for _ in range(warm_up + count):
                began = time.perf_counter()
                _ask(connection, name, [row])
                taken.append((time.perf_counter() - began) * 1000)
        finally:
            connection.close()
        return taken[warm_up:]


def wait_ready(port: int, alive: Callable[[], str | None], seconds: float = START_SECONDS) -> float:
    """Wait until the model is ready; returns the seconds that took.

    Args:
        port: on 127.0.0.1.
        alive: None while it runs, else its last words.
        seconds: how long to wait.

    Raises:
        WorldError: if it ends, or is not ready in time.
    """
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if _ready(port):
            return time.monotonic() - began
        if (words := alive()) is not None:
            raise WorldError(f"the image was started and ended: {words or 'it said nothing'}")
        time.sleep(0.01)
    raise WorldError(f"the image was started and is not ready after {seconds:g} s")


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _ask(connection: http.client.HTTPConnection, name: str, instances: Sequence[Any]) -> list[Any]:
    body = json.dumps({"instances": instances}, allow_nan=False)
    route = contract.PREDICT_ROUTE.format(name=name)
    try:
        connection.request("POST", route, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
        raise WorldError(f"the image was started but does not answer: {reason}") from None
    said = " ".join(text[:300].decode(errors="replace").split())
    if answer.status != OK:
        raise WorldError(f"the image answered {answer.status}: {said}")
    try:
        predictions: list[Any] = json.loads(text)["predictions"]
        if len(predictions) == len(instances):
            return predictions
    except (ValueError, LookupError, TypeError):
        pass
    raise WorldError(f"the image answered {len(instances)} rows with: {said}")


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", contract.READY_ROUTE)
        return connection.getresponse().status == OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
