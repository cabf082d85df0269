"""A real web server on this machine, that can be told to misbehave."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Behaviour = Callable[["Handler"], None]


@dataclass
class Web:
    """What is served, and what was asked for.

    Attributes:
        address: `http://127.0.0.1:port`, without a slash.
        files: path to content; a status from 300 on answers with nothing else.
        behaviours: path to what answers instead.
        asked: method and path of each request.
    """

    address: str = ""
    files: dict[str, bytes | int] = field(default_factory=dict)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"{self.address}/{path}"


class Handler(BaseHTTPRequestHandler):
    web: Web

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = self.path.removeprefix("/")
        self.web.asked.append(f"{self.command} {path}")
        if behaviour := self.web.behaviours.get(path):
            behaviour(self)
            return
        found = self.web.files.get(path, 404)
        if isinstance(found, int):
            self.reply(b"nothing here", found)
        else:
            told: dict[str, Any] = {"ETag": '"one"', "Last-Modified": "Wed, 01 May 2024 12:00 GMT"}
            self.reply(found, 200, **told)

    def reply(self, content: bytes, status: int, length: int = 0, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length or len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def redirect(target: str, status: int = 302) -> Behaviour:
    return lambda handler: handler.reply(b"", status, Location=target)


def truncated(content: bytes) -> Behaviour:
    """Promises more than comes."""
    return lambda handler: handler.reply(content, 200, length=2 * len(content))


def silent(handler: Handler) -> None:
    """Never answers."""
    time.sleep(5)


def cut(handler: Handler) -> None:
    """Hangs up."""
    handler.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Web]:
    """A server while the block runs; with a certificate it speaks TLS."""
    web = Web()
    handler = type("Handler", (Handler,), {"web": web})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    scheme = "http"
    if certificate:
        scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients may hang up
    web.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, that nobody has signed."""
    path = folder / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    command += f" -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout {path}.key"
    made = subprocess.run(command.split(), check=True, capture_output=True, timeout=30)
    path.write_bytes(made.stdout + Path(f"{path}.key").read_bytes())
    return path
