"""Reading what a client sends within limits of size, time and memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from operator import itemgetter
from time import perf_counter
from typing import Any, TypeVar

from granian.rsgi import ProtocolClosed

from .contract import BODY_SECONDS, MAX_ARRIVING_BYTES, MAX_BODY_BYTES, SMALL_BODY_BYTES
from .problems import Problem

SWEEP_SECONDS = 0.25
_STALLED_SECONDS = 0.25
_SMALL_DIGITS = len(str(SMALL_BODY_BYTES))

Found = TypeVar("Found")


class ClientGoneError(Exception):
    """The client went away before it had sent all of its request."""


@dataclass(slots=True)
class _Arrival:
    """A body on its way: since when, and how many bytes of it are held (small ones: 0)."""

    since: float
    held: int = 0
    late: bool = False


class Reader:
    """Reads bodies, and gives up on clients that send too much or too slowly.

    The clock is looked at for all readers at once, a few times a second: a timer for each
    request would cost more than decoding one.

    Attributes:
        stalled: bodies that have been arriving for longer than any that is only waiting for
            its turn; they must not take the place of those that could be answered.
    """

    def __init__(self) -> None:
        self.stalled = 0
        self._held = 0
        self._arriving: dict[asyncio.Task[Any], _Arrival] = {}  # the oldest first

    def sweep(self) -> None:
        """Looks at the clock; to be called every SWEEP_SECONDS."""
        now = perf_counter()
        ages = [now - arrival.since for arrival in self._arriving.values()]
        self.stalled = sum(age > _STALLED_SECONDS for age in ages)
        for task, arrival in self._arriving.items():
            if now - arrival.since < BODY_SECONDS:
                break
            self._give_up(task, arrival)

    def _give_up(self, task: asyncio.Task[Any], arrival: _Arrival) -> None:
        if not arrival.late:
            arrival.late = True
            task.cancel()

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
        if length is not None and int(length) > MAX_BODY_BYTES:
            raise _too_large()
        if "content-encoding" in headers:
            raise _compressed()
        if length is not None and len(length) <= _SMALL_DIGITS:
            return await self.bounded(protocol())
        # The server has dropped a length that was given beside a transfer encoding, and will
        # close the connection: nothing can be smuggled in behind such a request.
        if headers.get("transfer-encoding", "chunked").lower() != "chunked":
            raise _compressed()
        return await self.bounded(self._pieces(protocol))

    async def bounded(self, arriving: Awaitable[Found]) -> Found:
        """What arrives, if it does in time.

        Raises:
            Problem: 408.
            ClientGoneError: see `read`.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - only ever called by the server's task
        arrival = self._arriving[task] = _Arrival(perf_counter())
        try:
            return await arriving
        except ProtocolClosed:
            raise ClientGoneError from None
        except asyncio.CancelledError:
            if not arrival.late:
                raise
            raise Problem(408, "the request did not arrive in time", close=True) from None
        finally:
            self._held -= arrival.held
            del self._arriving[task]

    async def _pieces(self, protocol: Any) -> bytes:
        """A body that is not small: what of it has come is held, and all that is held bounded."""
        arrival = self._arriving[asyncio.current_task()]  # type: ignore[index]
        pieces = []
        async for piece in protocol:
            arrival.held += len(piece)
            self._held += len(piece)
            if arrival.held > MAX_BODY_BYTES:
                raise _too_large()
            if self._held > MAX_ARRIVING_BYTES:
                self._make_room()
            pieces.append(piece)
        return b"".join(pieces)

    def _make_room(self) -> None:
        """The largest of those that have been sending for a while goes, if there are any."""
        since = perf_counter() - _STALLED_SECONDS
        slow = [
            (arrival.held, task)
            for task, arrival in self._arriving.items()
            if arrival.since < since and not arrival.late
        ]
        held, task = max(slow, key=itemgetter(0), default=(0, None))
        if task is None or not held:
            raise Problem(503, "the server is sent more than it can hold", close=True)
        self._give_up(task, self._arriving[task])


def _compressed() -> Problem:
    return Problem(415, "compressed bodies are not read", close=True)


def _too_large() -> Problem:
    return Problem(413, f"a body may have at most {MAX_BODY_BYTES} bytes", close=True)
