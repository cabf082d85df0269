"""A bare repository behind HTTP that lets nobody in without the token of a run."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "ghs_0123456789"
BASIC = "Basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


class Handler(BaseHTTPRequestHandler):
    """Git's own CGI program, as any web server runs it."""

    root: Path
    writes: bool

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_: Any) -> None:
        """Nothing on the test's output."""

    def _answer(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        if self.headers.get("Authorization") not in (BASIC, f"Bearer {TOKEN}"):
            self._headers(401, [("WWW-Authenticate", 'Basic realm="git"')])
            return
        if "git-receive-pack" in self.path and not self.writes:
            self._headers(403, [])
            return
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REMOTE_USER": "x-access-token",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            },
            stdout=subprocess.PIPE,
            check=True,
            timeout=60,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = next((value[:3] for name, value in fields if name == "Status"), "200")
        kept = [(name, value) for name, value in fields if name != "Status"]
        self._headers(int(status), [*kept, ("Content-Length", str(len(content)))])
        self.wfile.write(content)

    def _headers(self, status: int, fields: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def served(root: Path, *, writes: bool) -> Iterator[str]:
    """The URL of the folder `owner/repository` below a root.

    Args:
        root: with bare repositories.
        writes: whether the token may push.
    """
    handler = type("Here", (Handler,), {"root": root, "writes": writes})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/owner/repository"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
