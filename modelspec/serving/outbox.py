"""The answers of one HTTP/2 connection, sent as fast as its client takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from .frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    FLOW_CONTROL_ERROR,
    FRAME_BYTES,
    HEADERS,
    LARGEST,
    Violation,
    frame,
)

FIRST_WINDOW = 65_535  # what either side may send before anything else was said


@dataclass(slots=True, eq=False)
class Stream:
    """A request and its answer.

    Attributes:
        number: on its connection.
        window: bytes that the client still takes of the answer.
        ended: whether all of the request is here.
        parts: of its content, which is `size` bytes.
        unsent: of the answer; `trailers` follow it.
        about: what the one who answers wants to keep with it.
    """

    number: int
    window: int
    ended: bool = False
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    unsent: bytes = b""
    trailers: bytes = b""
    about: Any = None


class Outbox:
    """What is to be sent, and how much of it the client takes at the moment.

    Args:
        write: sends bytes.
        done: is told of each stream that was answered in full.

    Attributes:
        first: window of a stream that begins.
        stuck: since when the client has taken nothing of what waits, or 0.
    """

    def __init__(self, write: Callable[[bytes], None], done: Callable[[Stream], None]) -> None:
        self.first = FIRST_WINDOW
        self.stuck = 0.0
        self._write, self._done = write, done
        self._window = FIRST_WINDOW
        self._waiting: dict[int, Stream] = {}

    def put(self, stream: Stream, head: bytes, content: bytes, trailers: bytes) -> None:
        """Answers a request; headers and trailers are header blocks."""
        number, size = stream.number, len(content)
        start = frame(HEADERS, END_HEADERS, number, head)
        end = frame(HEADERS, END_HEADERS | END_STREAM, number, trailers)
        if size <= min(self._window, stream.window, FRAME_BYTES):
            self._window -= size
            self._write(b"".join((start, frame(DATA, 0, number, content), end)))
            self._done(stream)
            return
        self._write(start)
        stream.unsent, stream.trailers = content, end
        self._waiting[number] = stream
        self._send()

    def drop(self, number: int) -> None:
        """Forgets a stream that is closed."""
        self._waiting.pop(number, None)
        if not self._waiting:
            self.stuck = 0.0

    def widen(self, stream: Stream | None, more: int) -> None:
        """The client takes more, of one stream or of all together.

        Raises:
            Violation: that is more than there can be.
        """
        if stream is None:
            self._window += more
        else:
            stream.window += more
        if not more or max(self._window, stream.window if stream else 0) > LARGEST:
            raise Violation(FLOW_CONTROL_ERROR)
        if self._waiting:
            self._send()

    def widen_all(self, first: int, streams: list[Stream]) -> None:
        """The client has changed its mind about what it takes of each stream at first.

        Raises:
            Violation: that is more than there can be.
        """
        if first > LARGEST:
            raise Violation(FLOW_CONTROL_ERROR)
        for stream in streams:
            stream.window += first - self.first
        self.first = first
        self._send()

    def _send(self) -> None:
        for number, stream in list(self._waiting.items()):
            while stream.unsent and (room := min(self._window, stream.window, FRAME_BYTES)) > 0:
                piece, stream.unsent = stream.unsent[:room], stream.unsent[room:]
                self._window -= len(piece)
                stream.window -= len(piece)
                self._write(frame(DATA, 0, number, piece))
                self.stuck = 0.0
            if not stream.unsent:
                self._write(stream.trailers)
                self.drop(number)
                self._done(stream)
        if self._waiting:
            self.stuck = self.stuck or perf_counter()
