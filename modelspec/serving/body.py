"""Reading what a client sends within limits of size, time and memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from operator import attrgetter
from time import perf_counter
from typing import Any

import msgspec
from granian.rsgi import ProtocolClosed

from .contract import BODY_SECONDS, MAX_ARRIVING_BYTES, MAX_BODY_BYTES, SMALL_BODY_BYTES
from .problems import Problem

SWEEP_SECONDS = 0.25
_STALLED_SECONDS = 0.25
# Of a body that is too large, what is read all the same: a client hears why only if it may finish.
_MOST_DISCARDED = 4 * MAX_BODY_BYTES
_SMALL_DIGITS = len(str(SMALL_BODY_BYTES))


class ClientGoneError(Exception):
    """The client went away before it had sent all of its request."""


class Arrival(msgspec.Struct, eq=False):
    """A body on its way; there is one of each request, and a Struct is made quickest.

    Attributes:
        give_up: to be called once when it takes too long.
        since: when it began, by `perf_counter`.
        held: bytes of it in memory, of those that are not small.
        late: whether it was given up.
    """

    give_up: Callable[[], object]
    since: float
    held: int = 0
    late: bool = False


class Reader:
    """Gives up on clients that send too much or too slowly.

    The clock is looked at for all bodies at once, a few times a second: a timer for each
    request would cost more than decoding one.

    Attributes:
        stalled: bodies that have been arriving for longer than any that is only waiting for
            its turn; they must not take the place of those that could be answered.
    """

    def __init__(self) -> None:
        self.stalled = 0
        self._held = 0
        self._arriving: dict[Arrival, None] = {}  # the oldest first

    def begin(self, give_up: Callable[[], object]) -> Arrival:
        """A body begins to arrive."""
        arrival = Arrival(give_up, perf_counter())
        self._arriving[arrival] = None
        return arrival

    def end(self, arrival: Arrival) -> None:
        """All of it is here, or nobody waits for it any more."""
        self._held -= arrival.held
        del self._arriving[arrival]

    def hold(self, arrival: Arrival, size: int) -> None:
        """So many more bytes of it are here.

        Raises:
            Problem: 503; too much else is arriving.
        """
        arrival.held += size
        self._held += size
        if self._held > MAX_ARRIVING_BYTES:
            self._make_room()

    def sweep(self) -> None:
        """Looks at the clock; to be called every SWEEP_SECONDS."""
        now = perf_counter()
        self.stalled = sum(now - arrival.since > _STALLED_SECONDS for arrival in self._arriving)
        for arrival in list(self._arriving):
            if now - arrival.since < BODY_SECONDS:
                break
            _give_up(arrival)

    async def read(self, headers: Any, protocol: Any) -> bytes:
        """The whole body of an HTTP request.

        Args:
            headers: of the request.
            protocol: the body, and where to answer.

        Raises:
            Problem: 413 if it is too large, 408 if it takes too long, 415 if it is compressed,
                503 if too much else is arriving.
            ClientGoneError: nobody is there any more to be answered.
        """
        length = headers.get("content-length")
        if length is not None and int(length) > _MOST_DISCARDED:
            raise _too_large()
        # The server has dropped a length that was given beside a transfer encoding, and will
        # close the connection: nothing can be smuggled in behind such a request.
        coding = "chunked" if length else headers.get("transfer-encoding", "chunked").lower()
        if coding != "chunked" or "content-encoding" in headers:
            raise Problem(415, "compressed bodies are not read", close=True)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - only ever called by the server's task
        arrival = self.begin(task.cancel)
        try:
            if length is not None and len(length) <= _SMALL_DIGITS:
                return await protocol()  # type: ignore[no-any-return]
            return await self._pieces(arrival, protocol)
        except ProtocolClosed:
            raise ClientGoneError from None
        except asyncio.CancelledError:
            if not arrival.late:
                raise
            raise Problem(408, "the request did not arrive in time", close=True) from None
        finally:
            self.end(arrival)

    async def _pieces(self, arrival: Arrival, protocol: Any) -> bytes:
        """A body that is not small."""
        pieces = []
        size = 0
        async for piece in protocol:
            size += len(piece)
            if size <= MAX_BODY_BYTES:
                self.hold(arrival, len(piece))
                pieces.append(piece)
            elif size > _MOST_DISCARDED:
                break
        if size > MAX_BODY_BYTES:
            raise _too_large()
        return b"".join(pieces)

    def _make_room(self) -> None:
        """The largest of those that have been sending for a while goes, if there are any."""
        since = perf_counter() - _STALLED_SECONDS
        slow = [a for a in self._arriving if a.since < since and a.held and not a.late]
        if not slow:
            raise Problem(503, "the server is sent more than it can hold", close=True)
        _give_up(max(slow, key=attrgetter("held")))


def _give_up(arrival: Arrival) -> None:
    if not arrival.late:
        arrival.late = True
        arrival.give_up()


def _too_large() -> Problem:
    return Problem(413, f"a body may have at most {MAX_BODY_BYTES} bytes", close=True)
