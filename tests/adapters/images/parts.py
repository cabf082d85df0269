"""Real parts for these tests, and an image that is small enough to be made for each."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import pytest

from modelspec.adapters import image, layers
from modelspec.adapters.base import Base
from modelspec.adapters.image import Built
from modelspec.adapters.running import free_port

BASE = "python:3.11-slim-bookworm"
COMMIT = "8c14e08f2a6b4c0d9e1f3a5b7c9d0e2f4a6b8c0d"

# Answers as the contract has it, with the standard library alone.
RUNTIME = """
import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply({"ready": True})
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.reply({"predictions": [sum(row) for row in body["instances"]]})
    def reply(self, content):
        content = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
    def log_message(self, *_):
        pass

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
host = os.environ.get("MODELSPEC_HOST", "0.0.0.0")
HTTPServer((host, int(os.environ.get("MODELSPEC_PORT", "8501"))), Handler).serve_forever()
"""


def missing(part: str) -> NoReturn:
    """Continuous integration has to have every part; elsewhere its tests are left out."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{part} is missing")
    pytest.skip(f"{part} is missing")


def tiny(
    folder: Path,
    base: Base,
    runtime: str = RUNTIME,
    more: Mapping[str, bytes] | None = None,
    **labels: str,
) -> Built:
    """An image folder as `image.build` writes it, with a runtime of these tests."""
    folder.mkdir(exist_ok=True)
    made = [
        layers.layer("wheels", {"opt/modelspec/wheels/pkg/__init__.py": b"", **(more or {})}),
        layers.layer("serving", {"opt/modelspec/serving/__main__.py": runtime.encode()}),
        layers.layer("model", {"opt/modelspec/model/serving.json": b"{}"}),
    ]
    named = {layers.BASE_NAME: base.name, "org.opencontainers.image.revision": COMMIT, **labels}
    return image.write(folder, base, made, named, 1_700_000_000)


class PrivateEngine:
    """A Docker Engine of one test, to be stopped and killed at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix://{folder}/d.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.folder / "pid").unlink(missing_ok=True)
        # Where nobody reaps the dead, a containerd that was killed passes for a running one.
        (self.folder / "exec/containerd/containerd.pid").unlink(missing_ok=True)
        # In a network of its own: an engine without a bridge removes that of every other engine.
        command = ["unshare", "--net", "dockerd", "-H", self.address]
        command += ["--data-root", f"{self.folder}/data"]
        command += ["--exec-root", f"{self.folder}/exec", "--pidfile", f"{self.folder}/pid"]
        command += ["--bridge=none", "--iptables=false", "--ip6tables=false"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        wait_for((self.folder / "d.sock").exists, 30)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """As by the out-of-memory killer; its containerd dies with it."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()
        (self.folder / "d.sock").unlink(missing_ok=True)

    def remove(self) -> None:
        self.kill()
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError, ValueError):
                if f"{self.folder}/".encode() in entry.read_bytes():
                    os.kill(int(entry.parent.name), signal.SIGKILL)
        for line in Path("/proc/mounts").read_text().splitlines()[::-1]:
            place = line.split()[1]
            if place.startswith(f"{self.folder}/"):
                subprocess.run(["umount", "-l", place], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_for(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


@contextmanager
def registry(folder: Path, htpasswd: str = "") -> Iterator[str]:
    """Debian's docker-registry, at `host:port`."""
    program = shutil.which("docker-registry")
    if program is None:
        missing("docker-registry")
    port = free_port()
    settings = f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/blobs}}}}\n"
    settings += f"http: {{addr: '127.0.0.1:{port}'}}\nlog: {{level: error}}\n"
    if htpasswd:
        (folder / "htpasswd").write_text(htpasswd)
        settings += f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n"
    (folder / "registry.yml").write_text(settings)
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "serve", str(folder / "registry.yml")], stdout=log, stderr=log
        )
    try:
        wait_for(lambda: _listens(port), 20)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
