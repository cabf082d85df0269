"""From a model folder to a listening server, and its orderly end."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from .app import Application
from .bundle import load
from .contract import DRAIN_SECONDS, MAX_CONNECTIONS, MODEL_INFO_LABELS, STOP_SECONDS
from .log import log
from .metrics import Metrics
from .model import Model
from .routes import routes
from .service import Service

if TYPE_CHECKING:
    from pathlib import Path

_HEADER_MILLISECONDS = 5_000
_HEADER_BYTES = 64 * 1024


async def serve(folder: Path, host: str, port: int) -> None:
    """Serves the model in a folder until SIGTERM or SIGINT.

    Raises:
        BundleError: the folder cannot be served.
        OSError: the address cannot be listened at, or no longer.
    """
    bundle = load(folder)
    _check_free(host, port)
    about = bundle.description
    model = Model(bundle)
    labels = {label: getattr(about, label) for label in MODEL_INFO_LABELS}
    metrics = Metrics(labels, model.distributions)
    service = Service(model, metrics)
    server = Server(
        Application(service, routes(bundle)),
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=_HEADER_MILLISECONDS, max_buffer_size=_HEADER_BYTES
        ),
        websockets=False,
        backlog=1024,
        # Beyond this many connections none is accepted, not even of a probe.
        backpressure=_connections(),
        log_enabled=False,
    )
    gc.collect()
    gc.freeze()  # what is here now stays: no collection needs to look at it again
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve())
    log(
        "info",
        "serving",
        model=about.name,
        version=about.version,
        model_digest=about.model_digest,
        commit=about.commit,
        host=host,
        port=port,
    )
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    if not serving.done():
        await _drain(service)
        server.stop()
        # Connections end by themselves, unless a client does not take its answer.
        await asyncio.wait((serving,), timeout=STOP_SECONDS)
    stopping.cancel()
    if serving.done():
        serving.result()
    if not stop.is_set():
        raise OSError("the HTTP server ended by itself")
    log("info", "stopped", model=about.name)


def _connections() -> int:
    """As many as are wanted, or as the system allows; some files are for ourselves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < MAX_CONNECTIONS:
        soft = MAX_CONNECTIONS if hard == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(64, min(MAX_CONNECTIONS, soft) - 64)


def _check_free(host: str, port: int) -> None:
    """Granian shares a port that is taken, and half of the requests would go elsewhere."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    socket.create_server((host, port), family=family).close()


async def _drain(service: Service) -> None:
    """Readiness down first, then requests under way to their end."""
    service.ready = False
    await asyncio.sleep(DRAIN_SECONDS)
    with suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            while service.metrics.in_flight:  # noqa: ASYNC110 - an event would cost every request
                await asyncio.sleep(0.01)
