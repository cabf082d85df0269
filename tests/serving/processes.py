"""Real servers in processes of their own, and a client that shows all of an answer."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} is not JSON")

        return json.loads(self.body, parse_constant=refuse)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start(
    folder: Path, port: int, module: str = "modelspec.serving", **variables: str
) -> subprocess.Popen[str]:
    """Starts the server as an image does; `variables` replace those of the environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "MODELSPEC_MODEL_DIR": str(folder),
        "MODELSPEC_HOST": "127.0.0.1",
        "MODELSPEC_PORT": str(port),
        "MODELSPEC_GRPC_PORT": "0",
    }
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        env=environment | variables,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Server:
    """A server that answers; a context manager that ends it."""

    def __init__(self, folder: Path, module: str = "modelspec.serving", **variables: str) -> None:
        self.port = free_port()
        self.process = start(folder, self.port, module, **variables)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + 60  # TensorFlow takes long
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.request("GET", "/readyz").status == 200:
                    return self
            except OSError:
                time.sleep(0.02)
        self.process.kill()
        raise AssertionError(f"the server did not start: {self.process.communicate()}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def socket(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        connection = self.connect()
        try:
            return ask(connection, method, path, body, **headers)
        finally:
            connection.close()

    def predict(self, instances: Any, name: str = "churn") -> Reply:
        body = json.dumps({"instances": instances}).encode()
        return self.request("POST", f"/v1/models/{name}:predict", body)

    def post(self, body: bytes, **headers: str) -> Reply:
        return self.request("POST", "/v1/models/churn:predict", body, **headers)

    def metrics(self) -> dict[str, float]:
        """Every series with its value."""
        text = self.request("GET", "/metrics").body.decode()
        lines = re.findall(r"^([a-z].*) ([^ ]+)$", text, re.MULTILINE)
        return {series: float(value) for series, value in lines}

    def stop(self) -> tuple[int, str, str, float]:
        """SIGTERM: exit code, standard output, standard error and seconds it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err, time.monotonic() - started


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None = None,
    **headers: str,
) -> Reply:
    connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
    response = connection.getresponse()
    shown = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, shown, response.read())
