"""What stands before real registries: tokens, limits, connections that break off."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ADA = base64.b64encode(b"ada:secret").decode()
_SKIPPED = {"connection", "transfer-encoding", "keep-alive"}


@dataclass
class Front:
    """How a server before a registry behaves, and what it has seen.

    Attributes:
        address: its own.
        tokens: whether it wants a token for each repository and action.
        busy: how often it answers 429 first.
        breaks_off: how many requests with bytes are cut in the middle, and answers too.
        pieces: whether it takes blobs in pieces.
        lies: answers blobs with other bytes.
        seen: method and path of each request.
    """

    address: str = ""
    tokens: bool = False
    busy: int = 0
    breaks_off: int = 0
    pieces: bool = True
    lies: bool = False
    seen: list[tuple[str, str]] = field(default_factory=list)

    def methods(self, *wanted: str) -> list[str]:
        """The methods that were asked for, of those."""
        return [method for method, _ in self.seen if method in wanted]


@contextmanager
def front(registry: str, behaviour: Front) -> Iterator[Front]:
    """A server before a registry."""

    class Handler(_Handler):
        at, does = registry, behaviour

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    behaviour.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield behaviour
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    at: str
    does: Front

    def handle_any(self) -> None:
        does = self.does
        does.seen.append((self.command, self.path))
        size = int(self.headers.get("Content-Length", 0))
        if size > 1000 and does.breaks_off:
            does.breaks_off -= 1
            self.rfile.read(size // 2)
            self.close_connection = True
            self.connection.close()
            return
        body = self.rfile.read(size)
        if self.path.startswith("/token"):
            self._token()
        elif does.tokens and not self._may():
            scope = f"repository:{self._repository()}:{self._actions()}"
            realm = f'Bearer realm="http://{does.address}/token",service="here",scope="{scope}"'
            self._answer(401, {"WWW-Authenticate": realm}, b"{}")
        elif does.busy:
            does.busy -= 1
            self._answer(429, {"Retry-After": "0"}, b"{}")
        elif self.command == "PATCH" and not does.pieces:
            self._answer(405, {}, b"{}")
        else:
            self._forward(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_any  # noqa: N815

    def _repository(self) -> str:
        path = urlsplit(self.path).path.removeprefix("/v2/")
        return path.partition("/blobs/")[0].partition("/manifests/")[0]

    def _actions(self) -> str:
        return "pull" if self.command in ("GET", "HEAD") else "pull,push"

    def _token(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if self.headers.get("Authorization") != f"Basic {ADA}" or asked["service"] != ["here"]:
            self._answer(401, {}, b"{}")
        else:
            self._answer(200, {}, json.dumps({"token": asked["scope"][0]}).encode())

    def _may(self) -> bool:
        scope = self.headers.get("Authorization", "").removeprefix("Bearer ")
        mine = f"repository:{self._repository()}:"
        return self.path == "/v2/" or (
            scope.startswith(mine) and ("push" in scope or self._actions() == "pull")
        )

    def _forward(self, body: bytes) -> None:
        host, _, port = self.at.partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _SKIPPED}
        headers.pop("Authorization", None)
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        kept = {k: v for k, v in answer.getheaders() if k.lower() not in _SKIPPED}
        if self.does.lies and "/blobs/sha256" in self.path and self.command == "GET":
            content = content[::-1]
        self._answer(answer.status, kept, content)
        connection.close()

    def _answer(self, code: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if len(content) > 1000 and self.does.breaks_off:
            self.does.breaks_off -= 1
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
            return
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""
