"""HTTP/2 frames and header blocks (RFC 9113), as bytes and back; compression is hpack's."""

from __future__ import annotations

import struct

import hpack

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
CONTINUATION = 9
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
# The first byte of a field (RFC 7541, section 6): what refers to a table, what changes it.
_REFERENCE, _CHANGE = 0x80, 0x20


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
    if not flags & (PADDED | PRIORITY):
        return payload
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
        if _changes_table(block) or len(self._known) >= _KNOWN_BLOCKS:
            self._known.clear()
        else:
            self._known[block] = fields
        return fields


def _changes_table(block: bytes) -> bool:
    """Whether a valid block is read otherwise the next time, or what follows it."""
    at = 0
    while at < len(block):
        first = block[at]
        if first >= _REFERENCE:
            _, at = _number(block, at, 0x7F)
        elif first >= _CHANGE:
            return True
        else:
            name, at = _number(block, at, 0x0F)
            for _ in range(1 if name else 2):
                size, at = _number(block, at, 0x7F)
                at += size
    return False


def _number(block: bytes, at: int, most: int) -> tuple[int, int]:
    """A number that begins in the bits `most` of a byte, and where it ends."""
    number = block[at] & most
    at += 1
    shift = 0
    while number >= most:
        number += (block[at] & 0x7F) << shift
        shift += 7
        at += 1
        if block[at - 1] < 0x80:
            break
    return number, at


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
