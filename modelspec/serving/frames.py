"""HTTP/2 frames and header blocks (RFC 9113), as bytes and back; compression is hpack's."""

from __future__ import annotations

import re
import struct

import hpack

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR = 0, 1, 3, 5, 6
REFUSED_STREAM, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 7, 9, 11

Fields = dict[bytes, bytes]

HEAD = struct.Struct(">HBBBI")  # size in two parts, kind, flags, stream
NUMBER = struct.Struct(">I")
SETTING = struct.Struct(">HI")
LARGEST = 2**31 - 1
FRAME_BYTES = 16_384  # the most that one frame may hold, both ways
HEADER_BYTES = 16_384  # the most that the header fields of a request may hold
_KNOWN_BLOCKS = 64
# Nothing but references to a table: means the same until something is added to that.
_REFERENCES = re.compile(rb"[\x80-\xfe]+")


class Violation(Exception):
    """The connection cannot go on; `code` says why, in the numbers of RFC 9113."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame."""
    size = len(payload)
    return HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


def unpadded(flags: int, payload: bytes) -> bytes:
    """What is in a frame beside padding and priority.

    Raises:
        Violation: there is more padding than there are bytes.
    """
    start, end = 0, len(payload)
    if flags & PADDED:
        start, end = 1, end - (payload[0] if payload else 1)
    if flags & PRIORITY:
        start += 5
    if start > end:
        raise Violation(PROTOCOL_ERROR)
    return payload[start:end]


class Headers:
    """Reads the header blocks of one connection, in their order.

    Most blocks of a connection are the same few bytes, so what they said is remembered.
    """

    def __init__(self) -> None:
        self._decode = hpack.Decoder(HEADER_BYTES).decode
        self._known: dict[bytes, Fields] = {}

    def read(self, block: bytes) -> Fields:
        """The fields of a block; of two with one name, the last.

        Raises:
            Violation: it is no such block, or too large.
        """
        fields = self._known.get(block)
        if fields is not None:
            return fields
        try:
            fields = dict(self._decode(block, raw=True))
        except hpack.HPACKError:
            raise Violation(COMPRESSION_ERROR) from None
        if not _REFERENCES.fullmatch(block) or len(self._known) >= _KNOWN_BLOCKS:
            self._known.clear()
        else:
            self._known[block] = fields
        return fields


def literal(name: bytes, value: bytes) -> bytes:
    """A header field that changes no table."""
    return b"\0" + _text(name) + _text(value)


def _text(content: bytes) -> bytes:
    size = len(content)
    if size < 127:
        return bytes((size,)) + content
    size -= 127
    digits = bytearray((127,))
    while size >= 128:
        digits.append(size & 127 | 128)
        size >>= 7
    return bytes((*digits, size)) + content
