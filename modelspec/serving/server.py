"""From a model folder to a listening server, and its orderly end."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from .app import Application
from .body import Reader
from .bundle import load
from .contract import (
    DRAIN_SECONDS,
    ENV_FEEDBACK_TOKEN_FILE,
    ENV_PAGE_DIR,
    ENV_TOKEN_FILE,
    FEEDBACK_ROUTE,
    MAX_CONNECTIONS,
    MODEL_INFO_LABELS,
    STOP_SECONDS,
)
from .feedback import Feedback
from .log import log
from .messages import Messages
from .metrics import Metrics
from .model import Model
from .mounts import MountError
from .page import pages
from .routes import routes
from .rpc import Calls
from .service import Service
from .signature import Signature
from .token import SHORTEST, Token

if TYPE_CHECKING:
    from .bundle import Bundle

_HEADER_MILLISECONDS = 5_000
_HEADER_BYTES = 64 * 1024


class ListenError(Exception):
    """An address cannot be listened at, or no longer; the message is one line."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot serve at {host}, port {port}: {reason}")


async def serve(folder: Path, host: str, port: int, grpc_port: int) -> None:
    """Serves the model in a folder until SIGTERM or SIGINT.

    Args:
        folder: of the model.
        host: where to listen.
        port: of HTTP.
        grpc_port: of gRPC, or 0 for none.

    Raises:
        BundleError: the folder cannot be served.
        ListenError: an address cannot be listened at, or no longer.
        MountError: a file that was to be mounted cannot be used.
    """
    bundle, token = load(folder), _token()
    _check_free(host, port)
    about = bundle.description
    model = Model(bundle)
    labels = {label: getattr(about, label) for label in MODEL_INFO_LABELS}
    reader = Reader()
    feedback = _feedback(bundle, reader)
    taken = [one.exposition for one in feedback.values()]
    metrics = Metrics(labels, model.distributions.exposition, *taken)
    service = Service(model, metrics, reader)
    signature = Signature(bundle)
    table = routes(bundle, signature, guarded=token is not None)
    page = os.environ.get(ENV_PAGE_DIR)
    app = Application(service, table, feedback, token, pages(Path(page)) if page else {})
    http = _http(app, host, port)
    calls = Calls(service, Messages(signature), token)
    grpc = await _listen(calls, host, grpc_port) if grpc_port else None
    gc.collect()
    gc.freeze()  # what is here now stays: no collection needs to look at it again
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(http.serve())
    log(
        "info",
        "serving",
        model=about.name,
        version=about.version,
        model_digest=about.model_digest,
        commit=about.commit,
        host=host,
        port=port,
        grpc_port=grpc_port,
    )
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not serving.done():
        await _stop(service, http, grpc)
        # Connections end by themselves, unless a client does not take its answer.
        await asyncio.wait((serving,), timeout=STOP_SECONDS)
    if serving.done():
        serving.result()
    if not stop.is_set():
        raise ListenError(host, port, "the HTTP server ended by itself")
    log("info", "stopped", model=about.name)


def _token() -> Token | None:
    """What all callers have to show, if they have to.

    Raises:
        MountError: there is no such token. Nobody could ever be let in.
    """
    file = os.environ.get(ENV_TOKEN_FILE)
    if not file:
        return None
    token = Token(file)
    if not token.usable:
        raise MountError(f"{ENV_TOKEN_FILE} names no file with a token of {SHORTEST} characters")
    return token


def _feedback(bundle: Bundle, reader: Reader) -> dict[str, Feedback]:
    """What takes late labels, by its path, if the model takes them."""
    about = bundle.description
    if not about.feedback:
        return {}
    token = Token(os.environ.get(ENV_FEEDBACK_TOKEN_FILE))
    if not token.usable:
        reason = f"{ENV_FEEDBACK_TOKEN_FILE} names no file with a token of {SHORTEST} characters"
        log("warning", "feedback is refused with 403", reason=reason)
    return {FEEDBACK_ROUTE.format(name=about.name): Feedback(about, token, reader)}


def _http(app: Application, host: str, port: int) -> Server:
    return Server(
        app,
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


async def _listen(calls: Calls, host: str, port: int) -> Calls:
    """The other server, which listens already."""
    _check_free(host, port)
    await calls.listen(host, port)
    return calls


def _connections() -> int:
    """As many as are wanted, or as the system allows; some files are for ourselves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < MAX_CONNECTIONS:
        soft = MAX_CONNECTIONS if hard == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(64, min(MAX_CONNECTIONS, soft) - 64)


def _check_free(host: str, port: int) -> None:
    """A port that is taken would be shared, and half of the requests would go elsewhere.

    Raises:
        ListenError: it is taken, or not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise ListenError(host, port, error.strerror or str(error)) from None


async def _stop(service: Service, http: Server, grpc: Calls | None) -> None:
    """Readiness down first, then requests under way to their end."""
    service.ready = False
    await asyncio.sleep(DRAIN_SECONDS)
    with suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            while service.metrics.in_flight:  # noqa: ASYNC110 - an event would cost every request
                await asyncio.sleep(0.01)
    http.stop()
    if grpc:
        await grpc.stop(STOP_SECONDS)
