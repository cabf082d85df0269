"""The image without an engine: its own layers, unpacked and started as a process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modelspec.adapters import image
from modelspec.adapters.layers import HOME
from modelspec.adapters.running import HOST, Running, free_port, wait_ready
from modelspec.diagnostics import Diagnostic, WorldError
from modelspec.serving import contract

STOP_SECONDS = 5.0
# Beside the runtime, but in no image: whoever serves on this machine may try it in a browser.
PAGE = Path(contract.__file__).parent / "page"
LAST_WORDS = 2000
# Ends a process with the one that started it, however that ends (Linux; nothing elsewhere).
_TIED = """
import ctypes, os, sys
try:
    ctypes.CDLL(None).prctl(1, 15)
except AttributeError:
    pass
os.execv(sys.argv[1], sys.argv[1:])
"""


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """An image laid out in a folder: how its entry point is started there."""

    folder: Path
    command: tuple[str, ...]
    environment: dict[str, str]

    def start(
        self, host: str, port: int, grpc_port: int, output: IO[bytes] | None
    ) -> subprocess.Popen[bytes]:
        listening = {contract.ENV_HOST: host, contract.ENV_PORT: str(port)}
        listening[contract.ENV_GRPC_PORT] = str(grpc_port)
        python, *arguments = self.command
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _TIED, python, *arguments],
            cwd=self.folder,
            env=self.environment | listening,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


@contextmanager
def run(folder: Path, scratch: Path | None = None) -> Iterator[Running]:
    """An image as a process, ready while the block runs and gone afterwards.

    Args:
        folder: that `image.build` wrote.
        scratch: where to unpack; the system's folder for temporary files if not given.

    Raises:
        WorldError: if the image's Python is not here, or it does not become ready; with what
            it said last.
    """
    with _unpacked(folder, scratch) as unpacked:
        output = unpacked.folder / "output"
        port, grpc_port = free_port(), free_port()
        with output.open("wb") as file:
            process = unpacked.start(HOST, port, grpc_port, file)
            try:
                seconds = wait_ready(port, lambda: _last_words(process, output))
                yield Running(port, grpc_port, "process", seconds)
            finally:
                _stop(process)


def serve(folder: Path, port: int, grpc_port: int, host: str = HOST) -> int:
    """Serve an image in the foreground until it ends or is interrupted; returns its exit code.

    At `contract.PAGE_ROUTE` there is a page to try it at.

    Args:
        folder: that `image.build` wrote.
        port: of HTTP.
        grpc_port: of gRPC, or 0 for none.
        host: where to listen.

    Raises:
        WorldError: if the image's Python is not here.
    """
    with _unpacked(folder, None) as unpacked:
        unpacked.environment[contract.ENV_PAGE_DIR] = str(PAGE)
        process = unpacked.start(host, port, grpc_port, None)
        try:
            return _ended(process)
        except KeyboardInterrupt:  # a terminal sends it to the process as well, kill does not
            process.terminate()
            return process.wait()
        finally:
            _stop(process)


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Its exit code, once it has one.

    Asked again and again: where a library has started threads (a model made again in this
    process), an interrupt may reach one of them, and then no wait of the main thread ends.
    """
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(0.5)


@contextmanager
def _unpacked(folder: Path, scratch: Path | None) -> Iterator[_Unpacked]:
    _, config = image.read(folder)
    settings = config["config"]
    python = _python(image.standing_on(config).python)
    try:
        place = tempfile.TemporaryDirectory(
            prefix="modelspec-", dir=scratch, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise WorldError(f"no room to unpack the image: {error.strerror}") from None
    with place as name:
        home = image.unpack(folder, Path(name))
        variables = dict(line.partition("=")[::2] for line in settings["Env"])
        variables = {k: v.replace(f"/{HOME}", str(home)) for k, v in variables.items()}
        variables[contract.ENV_MODEL_DIR] = str(home / "model")
        variables["PATH"] = os.environ.get("PATH", os.defpath)
        # Some Pythons find their libraries by the first only.
        for inherited in ("LD_LIBRARY_PATH", contract.ENV_FEEDBACK_TOKEN_FILE):
            if value := os.environ.get(inherited):
                variables[inherited] = value
        yield _Unpacked(Path(name), (python, *settings["Entrypoint"][1:]), variables)


def _python(minor: str) -> str:
    """A Python on this machine that the packages of the image are for."""
    if minor == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    found = shutil.which(f"python{minor}")
    if found is None:
        raise WorldError(
            Diagnostic(
                f"without a Docker Engine the image is tried by a Python {minor}, and none is here",
                hint=f"start Docker, or install python{minor}",
            )
        )
    return found


def _last_words(process: subprocess.Popen[bytes], output: Path) -> str | None:
    """None while it runs, else why it ended."""
    code = process.poll()
    if code is None:
        return None
    words = output.read_bytes()[-LAST_WORDS:].decode(errors="replace").split()
    return f"exit code {code}; {' '.join(words)}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
