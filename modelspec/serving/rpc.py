"""gRPC over HTTP/2: calls with one message each way, on the event loop of the HTTP side."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from .admission import overloaded
from .body import SWEEP_SECONDS
from .contract import (
    BODY_SECONDS,
    CLIENT_GONE,
    MAX_BODY_BYTES,
    MAX_CONNECTIONS,
    OPEN_SERVICE,
    RETRY_AFTER_SECONDS,
)
from .frames import literal
from .http2 import Connection
from .problems import Problem

if TYPE_CHECKING:
    from .body import Arrival
    from .frames import Fields
    from .messages import Messages, View
    from .outbox import Stream
    from .service import Service
    from .token import Token

UNIMPLEMENTED = 12
# By HTTP status: INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND and so on.
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 408: 4, 413: 8, 415: UNIMPLEMENTED, 500: 13, 503: 14}
_HEALTH = "/grpc.health.v1.Health/Check"
# Asked by probes, which have no token, and telling nothing of the model.
_UNGUARDED = {
    path.encode()
    for path in (_HEALTH, f"/{OPEN_SERVICE}/ServerLive", f"/{OPEN_SERVICE}/ServerReady")
}
_SERVING, _NOT_SERVING = b"\x08\x01", b"\x08\x02"  # HealthCheckResponse with its only field
_HEAD = b"\x88" + literal(b"content-type", b"application/grpc")
_TRAILERS = literal(b"grpc-status", b"0")
_NO_GRPC = literal(b":status", b"415")
_PUSHBACK = literal(b"grpc-retry-pushback-ms", b"%d" % (1000 * RETRY_AFTER_SECONDS))
_PREFIX = 5  # bytes before a message: whether it is compressed, and its size
_MOST_CONNECTIONS = MAX_CONNECTIONS // 4
_KNOWING_SECONDS = 0.5  # how long it takes a client to hear that it shall go elsewhere
_PLAIN = frozenset(range(0x20, 0x7F)) - {ord("%")}


@dataclass(slots=True)
class Call:
    """What a stream is for.

    Attributes:
        view: what shows something; None asks for a prediction.
        since: when it began, by `perf_counter`.
        arrival: while its message is arriving.
        task: while it is computed.
    """

    view: View | None
    since: float
    arrival: Arrival | None = None
    task: asyncio.Task[None] | None = None


class Calls:
    """Answers calls.

    Args:
        service: predicts.
        messages: of the protocol.
        token: what callers have to show for all but health; None asks for nothing.

    Attributes:
        methods: by path: a view, or None for a prediction.
        clients: that are connected.
    """

    def __init__(self, service: Service, messages: Messages, token: Token | None = None) -> None:
        self.service, self.infer, self.token = service, messages.infer, token
        shown = {f"/{OPEN_SERVICE}/{name}": view for name, view in messages.shown.items()}
        shown[_HEALTH] = lambda ready, _: _SERVING if ready else _NOT_SERVING
        self.methods: dict[bytes, View | None] = {f"/{OPEN_SERVICE}/ModelInfer".encode(): None}
        self.methods |= {path.encode(): view for path, view in shown.items()}
        self.clients: set[Client] = set()
        self._server: asyncio.Server

    async def listen(self, host: str, port: int) -> None:
        """From now on there are answers.

        Raises:
            OSError: the address cannot be listened at.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Client(self), host, port, backlog=1024)
        self._look_around(loop)

    def _look_around(self, loop: asyncio.AbstractEventLoop) -> None:
        """Gives up on clients that nothing can go on with."""
        latest = perf_counter() - BODY_SECONDS
        for client in list(self.clients):
            client.noise = 0
            if 0 < client.stuck < latest:
                client.abort()
        loop.call_later(SWEEP_SECONDS, self._look_around, loop)

    async def stop(self, seconds: float) -> None:
        """Asks clients to go elsewhere, and waits until they have their answers."""
        self._server.close()
        for client in self.clients:
            client.drain()
        asked = perf_counter()
        while self.clients and (waited := perf_counter() - asked) < seconds:
            if waited > _KNOWING_SECONDS:
                for client in self.clients:
                    client.leave()
            await asyncio.sleep(0.01)


class Client(Connection):
    """A connection whose requests are calls."""

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._calls, self._service = calls, calls.service
        self._metrics = calls.service.metrics

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets, unless there are too many."""
        super().connection_made(transport)
        self._calls.clients.add(self)
        if len(self._calls.clients) > _MOST_CONNECTIONS:
            self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Gives up what was under way."""
        super().connection_lost(error)
        self._calls.clients.discard(self)

    def opened(self, stream: Stream, fields: Fields) -> None:
        """Finds out what is called."""
        if fields.get(b":method") != b"POST" or not fields.get(b"content-type", b"").startswith(
            b"application/grpc"
        ):
            self.refuse(stream, _NO_GRPC)
            return
        try:
            view = self._calls.methods[fields.get(b":path", b"")]
        except KeyError:
            self._metrics.requests[404] += 1
            self.refuse(stream, _status(UNIMPLEMENTED, "there is no such method"))
            return
        if self._calls.token and (stranger := self._stranger(fields)):
            if view is None:
                self._metrics.requests[stranger.status] += 1
            self.refuse(stream, _status(_CODES[stranger.status], stranger.detail))
            return
        if view is None and self._service.full:
            self._service.turned_away()
            self.refuse(stream, _OVERLOADED)
            return
        stream.about = call = Call(view, perf_counter())
        self._metrics.in_flight += 1
        if not stream.ended:
            call.arrival = self._service.reader.begin(partial(self._late, stream))

    def _stranger(self, fields: Fields) -> Problem | None:
        """Why whoever calls is not let in, or None."""
        if self._calls.token is None or fields[b":path"] in _UNGUARDED:
            return None
        return self._calls.token.refusal(fields.get(b"authorization", b""))

    def _late(self, stream: Stream) -> None:
        self._fail(stream, Problem(408, "the request did not arrive in time"))

    def arrived(self, stream: Stream) -> None:
        """Begins with a call whose message is here."""
        call: Call = stream.about
        if stream.size > MAX_BODY_BYTES + _PREFIX:
            text = f"a message may have at most {MAX_BODY_BYTES} bytes"
            self._fail(stream, Problem(413, text))
            return
        try:
            if stream.ended:
                self._begin(stream, call)
            elif call.arrival:
                self._service.reader.hold(call.arrival, len(stream.parts[-1]))
        except Problem as problem:
            self._fail(stream, problem)

    def _begin(self, stream: Stream, call: Call) -> None:
        self._end_arrival(call)
        message = _message(stream)
        if call.view is not None:
            self._done(stream, call.view(self._service.ready, message))
        else:
            call.task = asyncio.create_task(self._predict(stream, call, message))

    async def _predict(self, stream: Stream, call: Call, message: bytes) -> None:
        try:
            answer, _ = await self._service.predict(self._calls.infer, None, message, call.since)
        except Problem as problem:
            self._fail(stream, problem)
        else:
            self._done(stream, answer)

    def _done(self, stream: Stream, answer: bytes) -> None:
        self._metrics.in_flight -= 1
        stream.about = None
        prefix = b"\0" + len(answer).to_bytes(4, "big")
        self.answer(stream, _HEAD, prefix + answer, _TRAILERS)

    def _fail(self, stream: Stream, problem: Problem) -> None:
        call: Call = stream.about
        self._end_arrival(call)
        self._metrics.in_flight -= 1
        stream.about = None
        self._service.failed(problem, call.since)
        more = _PUSHBACK if problem.status == 503 else b""
        self.refuse(stream, _status(_CODES[problem.status], problem.detail) + more)

    def gone(self, stream: Stream) -> None:
        """Drops a call that nobody waits for."""
        if call := stream.about:
            self._end_arrival(call)
            self._metrics.in_flight -= 1
            self._metrics.requests[CLIENT_GONE] += 1
            stream.about = None
            if call.task:
                call.task.cancel()

    def _end_arrival(self, call: Call) -> None:
        if call.arrival:
            self._service.reader.end(call.arrival)
            call.arrival = None


def _message(stream: Stream) -> bytes:
    """The one message of a call.

    Raises:
        Problem: 400; there is none, or more. 415; it is compressed.
    """
    content = b"".join(stream.parts)
    stream.parts = []
    if content[:1] == b"\1":
        raise Problem(415, "compressed messages are not read")
    message = content[_PREFIX:]
    if content[:_PREFIX] != b"\0" + len(message).to_bytes(4, "big"):
        raise Problem(400, "a call must have one message")
    return message


def _status(code: int, text: str) -> bytes:
    """Headers that are all of an answer."""
    plain = "".join(chr(b) if b in _PLAIN else f"%{b:02X}" for b in text.encode())
    status = literal(b"grpc-status", b"%d" % code)
    return _HEAD + status + literal(b"grpc-message", plain.encode())


_OVERLOADED = _status(_CODES[503], overloaded().detail) + _PUSHBACK
