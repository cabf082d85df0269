"""The part of HTTP/2 (RFC 9113) that a gRPC server needs: no push, no priorities, one event loop.

Whoever breaks the protocol, or keeps the server busy and asks nothing, is told so and let go.
"""

from __future__ import annotations

import asyncio
import struct
from abc import ABC, abstractmethod
from time import perf_counter
from typing import cast

from . import frames
from .contract import MAX_BODY_BYTES, MAX_IN_FLIGHT
from .frames import NUMBER, Fields, Headers, Violation, frame, unpadded
from .outbox import FIRST_WINDOW, Outbox, Stream

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FAREWELL, _FAREWELL_SECONDS = b"farewell", 0.05
_INITIAL_WINDOW = 4  # the only setting of a client that matters here
_WINDOW = 2 * MAX_BODY_BYTES  # what a client may send ahead of us
# The most streams at a time, the first window of each, and the most that headers may hold.
_SETTINGS = struct.pack(">HIHIHI", 3, MAX_IN_FLIGHT, 4, _WINDOW, 6, frames.HEADER_BYTES)
# Frames that ask nothing, which are put up with in a quarter of a second without an answer.
_MOST_NOISE = 1_000


class Connection(asyncio.Protocol, ABC):
    """One client. What is done with its requests is up to `opened`, `arrived` and `gone`.

    Attributes:
        streams: requests without an answer.
        noise: frames that asked nothing; to be set to 0 a few times a second.
        owing: since when the client has not greeted, or not read what it is sent; or 0.
    """

    def __init__(self) -> None:
        self.streams: dict[int, Stream] = {}
        self.owing = perf_counter()
        self._transport: asyncio.Transport
        self._unsent: list[bytes] = []
        self._rest = b""
        self._greeted = self._settled = self._leaving = False
        self._last = 0  # stream
        self._credit, self._taken = _WINDOW, 0
        self._outbox = Outbox(self._write, self._answered)
        self._fields = Headers()
        self._block: tuple[int, int, bytes] | None = None
        self.noise = 0
        self._readers = {
            frames.DATA: self._data,
            frames.HEADERS: self._headers,
            frames.RST_STREAM: self._reset,
            frames.SETTINGS: self._settings,
            frames.PING: self._ping,
            frames.WINDOW_UPDATE: self._window_update,
            frames.CONTINUATION: self._continuation,
        }

    @abstractmethod
    def opened(self, stream: Stream, fields: Fields) -> None:
        """A request begins."""

    @abstractmethod
    def arrived(self, stream: Stream) -> None:
        """More of a request is here, or its end."""

    @abstractmethod
    def gone(self, stream: Stream) -> None:
        """Nobody waits for the answer any more."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Says what the client may send."""
        self._transport = cast("asyncio.Transport", transport)
        self._write(frame(frames.SETTINGS, 0, 0, _SETTINGS))
        self._write(frame(frames.WINDOW_UPDATE, 0, 0, NUMBER.pack(_WINDOW - FIRST_WINDOW)))

    def connection_lost(self, _: Exception | None) -> None:
        """Gives up what was under way."""
        streams, self.streams = self.streams, {}
        for stream in streams.values():
            self.gone(stream)

    def pause_writing(self) -> None:
        """A client that does not take its answers is not read either."""
        self.owing = perf_counter()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It takes them again."""
        self.owing = 0.0
        self._transport.resume_reading()

    def drain(self) -> None:
        """Asks the client to go elsewhere; what it has asked until it knows is answered."""
        self._go_away(frames.LARGEST, frames.NO_ERROR)
        self._write(frame(frames.PING, 0, 0, _FAREWELL))

    @property
    def stuck(self) -> float:
        """Since when nothing goes on because of the client, or 0."""
        return self.owing or self._outbox.stuck

    def abort(self) -> None:
        """Ends the connection at once."""
        self._transport.abort()

    def _write(self, content: bytes) -> None:
        """Sends at once what is said in one turn of the event loop."""
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(content)

    def _flush(self) -> None:
        self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def _close(self) -> None:
        self._flush()
        self._transport.close()

    def _go_away(self, last: int, code: int) -> None:
        self._write(frame(frames.GOAWAY, 0, 0, NUMBER.pack(last) + NUMBER.pack(code)))

    def data_received(self, data: bytes) -> None:
        """Reads what has come."""
        try:
            self._read(self._rest + data if self._rest else data)
        except Violation as violation:
            self._go_away(self._last, violation.code)
            self._close()

    def _read(self, data: bytes) -> None:
        at, end = 0, len(data)
        if not self._greeted:
            at = len(_PREFACE)
            if data[:at] != _PREFACE[:end]:
                raise Violation(frames.PROTOCOL_ERROR)
            self._greeted = end >= at
        while end - at >= frames.HEAD.size:
            high, low, kind, flags, number = frames.HEAD.unpack_from(data, at)
            start = at + frames.HEAD.size
            stop = start + (high << 8 | low)
            if stop - start > frames.FRAME_BYTES:
                raise Violation(frames.FRAME_SIZE_ERROR)
            if stop > end:
                break
            # Settings come first, and nothing comes between the parts of a header block.
            if not (self._settled or kind == frames.SETTINGS) or (
                self._block and kind != frames.CONTINUATION
            ):
                raise Violation(frames.PROTOCOL_ERROR)
            read = self._readers.get(kind, self._other)
            read(flags, number & frames.LARGEST, data[start:stop])
            at = stop
        self._rest = data[at:] if self._greeted else data

    def _other(self, _flags: int, _number: int, _payload: bytes) -> None:
        """Passes a frame over, unless there are too many of them."""
        self.noise += 1
        if self.noise > _MOST_NOISE:
            raise Violation(frames.ENHANCE_YOUR_CALM)

    def _data(self, flags: int, number: int, payload: bytes) -> None:
        self._credit -= len(payload)
        self._taken += len(payload)
        if self._credit < 0:
            raise Violation(frames.FLOW_CONTROL_ERROR)
        if self._taken > _WINDOW // 2:
            self._write(frame(frames.WINDOW_UPDATE, 0, 0, NUMBER.pack(self._taken)))
            self._credit, self._taken = self._credit + self._taken, 0
        payload = unpadded(flags & frames.PADDED, payload)
        if not payload:
            self._other(flags, number, payload)
        stream = self.streams.get(number)
        if stream is None:
            self._check_closed(number)
        elif stream.ended:
            raise Violation(frames.STREAM_CLOSED)
        else:
            stream.ended = bool(flags & frames.END_STREAM)
            stream.parts.append(payload)
            stream.size += len(payload)
            self.arrived(stream)

    def _check_closed(self, number: int) -> None:
        """Frames for a stream that is closed were on their way; there are no others."""
        if number > self._last or not number & 1:
            raise Violation(frames.PROTOCOL_ERROR)

    def _headers(self, flags: int, number: int, payload: bytes) -> None:
        block = unpadded(flags, payload)
        if flags & frames.END_HEADERS:
            self._open(number, flags, block)
        else:
            self._block = number, flags, block

    def _continuation(self, flags: int, number: int, payload: bytes) -> None:
        if self._block is None or number != self._block[0]:
            raise Violation(frames.PROTOCOL_ERROR)
        _, first, block = self._block
        block += payload
        self._other(flags, number, payload)
        if len(block) > frames.HEADER_BYTES:
            raise Violation(frames.ENHANCE_YOUR_CALM)
        self._block = None if flags & frames.END_HEADERS else (number, first, block)
        if self._block is None:
            self._open(number, first, block)

    def _open(self, number: int, flags: int, block: bytes) -> None:
        fields = self._fields.read(block)
        ended = bool(flags & frames.END_STREAM)
        stream = self.streams.get(number)
        if stream is not None:  # these are trailers
            if stream.ended or not ended:
                raise Violation(frames.PROTOCOL_ERROR)
            stream.ended = True
            self.arrived(stream)
            return
        if number <= self._last or not number & 1:
            raise Violation(frames.PROTOCOL_ERROR)
        self._last = number
        if self._leaving or len(self.streams) >= MAX_IN_FLIGHT:
            self._other(flags, number, block)
            self._write(frame(frames.RST_STREAM, 0, number, NUMBER.pack(frames.REFUSED_STREAM)))
            return
        stream = self.streams[number] = Stream(number, self._outbox.first, ended)
        self.opened(stream, fields)
        if ended and number in self.streams:
            self.arrived(stream)

    def _reset(self, flags: int, number: int, payload: bytes) -> None:
        self._check_closed(number)
        self._other(flags, number, payload)
        self._outbox.drop(number)
        if stream := self.streams.pop(number, None):
            self.gone(stream)
            self._leave()

    def _settings(self, flags: int, number: int, payload: bytes) -> None:
        if number or len(payload) % frames.SETTING.size or (flags & frames.ACK and payload):
            raise Violation(frames.FRAME_SIZE_ERROR)
        self._other(flags, number, payload)
        if flags & frames.ACK:
            return
        for name, value in frames.SETTING.iter_unpack(payload):
            if name == _INITIAL_WINDOW:
                self._outbox.widen_all(value, list(self.streams.values()))
        if not self._settled:
            self._settled, self.owing = True, 0.0
        self._write(frame(frames.SETTINGS, frames.ACK, 0))

    def _ping(self, flags: int, number: int, payload: bytes) -> None:
        if number or len(payload) != len(_FAREWELL):
            raise Violation(frames.FRAME_SIZE_ERROR)
        self._other(flags, number, payload)
        if not flags & frames.ACK:
            self._write(frame(frames.PING, frames.ACK, 0, payload))
        elif payload == _FAREWELL:  # some clients write it before requests they began
            asyncio.get_running_loop().call_later(_FAREWELL_SECONDS, self.leave)

    def leave(self) -> None:
        """Takes no more requests, and ends the connection after those that there are."""
        if not self._leaving:
            self._leaving = True
            self._go_away(self._last, frames.NO_ERROR)
            self._leave()

    def _leave(self) -> None:
        if self._leaving and not self.streams:
            self._close()

    def _window_update(self, _flags: int, number: int, payload: bytes) -> None:
        more = NUMBER.unpack(payload)[0] & frames.LARGEST if len(payload) == NUMBER.size else 0
        stream = self.streams.get(number)
        if number and stream is None:
            self._check_closed(number)
        else:
            self._outbox.widen(stream, more)

    def answer(self, stream: Stream, head: bytes, content: bytes, trailers: bytes) -> None:
        """Answers a request; headers and trailers are header blocks."""
        if stream.number in self.streams:
            self._outbox.put(stream, head, content, trailers)

    def _answered(self, stream: Stream) -> None:
        self.noise = 0
        del self.streams[stream.number]
        self._leave()

    def refuse(self, stream: Stream, head: bytes) -> None:
        """Answers a request with headers alone; what is still to come of it is not wanted."""
        del self.streams[stream.number]
        self._write(
            frame(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, stream.number, head)
        )
        if not stream.ended:
            self._write(frame(frames.RST_STREAM, 0, stream.number, NUMBER.pack(frames.NO_ERROR)))
        self._leave()
