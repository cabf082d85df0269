"""Reading the body of a request within its limits of size and time."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

from granian.rsgi import ProtocolClosed

from .contract import BODY_SECONDS, MAX_BODY_BYTES
from .problems import Problem

SWEEP_SECONDS = 0.5
_STALLED_SECONDS = 0.5


class ClientGoneError(Exception):
    """The client closed the connection before it had sent the whole body."""


class Reader:
    """Reads bodies, and gives up on clients that send too much or too slowly.

    The clock is looked at for all readers at once, every half second: a timer for each
    request would cost more than decoding one.

    Attributes:
        stalled: bodies that have been arriving for longer than any that is only waiting for
            its turn; they must not take the place of those that could be answered.
    """

    def __init__(self) -> None:
        self.stalled = 0
        self._since: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()

    def sweep(self) -> None:
        """Looks at the clock; to be called every SWEEP_SECONDS."""
        now = perf_counter()
        self.stalled = sum(since < now - _STALLED_SECONDS for since in self._since.values())
        for task, since in list(self._since.items()):
            if since < now - BODY_SECONDS and task not in self._late:
                self._late.add(task)
                task.cancel()

    async def read(self, headers: Any, protocol: Any, length: str | None, started: float) -> bytes:
        """The whole body.

        Args:
            headers: of the request.
            protocol: the body, and where to answer.
            length: what the headers say about it.
            started: when the request came, by `perf_counter`.

        Raises:
            Problem: 413 if it is too large, 408 if it takes too long, 415 if it is compressed.
            ClientGoneError: nobody is there any more to be answered.
        """
        if length is not None and int(length) > MAX_BODY_BYTES:
            raise _too_large()
        if "content-encoding" in headers:
            raise _compressed()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - only ever called by the server's task
        self._since[task] = started
        try:
            if length is not None:
                return await protocol()  # type: ignore[no-any-return]
            # The server has dropped a length that was given beside a transfer encoding, and
            # will close the connection: nothing can be smuggled in behind such a request.
            if headers.get("transfer-encoding", "chunked").lower() != "chunked":
                raise _compressed()
            return await _limited(protocol)
        except ProtocolClosed:
            raise ClientGoneError from None
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            self._late.remove(task)
            seconds = f"{BODY_SECONDS:g}"
            raise Problem(
                408, f"the body did not arrive within {seconds} seconds", close=True
            ) from None
        finally:
            del self._since[task]


async def _limited(protocol: Any) -> bytes:
    """A body whose length is not announced."""
    chunks = []
    size = 0
    async for chunk in protocol:
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def _compressed() -> Problem:
    return Problem(415, "compressed bodies are not read", close=True)


def _too_large() -> Problem:
    return Problem(413, f"a body may have at most {MAX_BODY_BYTES} bytes", close=True)
