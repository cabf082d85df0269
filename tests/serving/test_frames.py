"""Frames and header blocks are read as hpack reads them, or refused."""

from __future__ import annotations

from contextlib import suppress

import hpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.serving import frames
from modelspec.serving.frames import Headers, Violation, literal, unpadded

NAMES = st.sampled_from([b":path", b":method", b"te", b"x", b"long-" * 30])
VALUES = st.sampled_from([b"POST", b"/a", b"trailers", b"v" * 200]) | st.binary(max_size=3)
FIELDS = st.lists(st.tuples(NAMES, VALUES, st.booleans()), max_size=4)


@given(lists=st.lists(FIELDS, max_size=4), order=st.lists(st.integers(0, 3), max_size=12))
def test_header_blocks_are_read_as_hpack_reads_them(
    lists: list[list[tuple[bytes, bytes, bool]]], order: list[int]
) -> None:
    headers, decoder, encoder = Headers(), hpack.Decoder(), hpack.Encoder()
    for place in order:
        fields = lists[place % len(lists)] if lists else []
        plain = b"".join(literal(name, value) for name, value, _ in fields)
        for block in (encoder.encode(fields, huffman=bool(place % 2)), plain, plain):
            assert headers.read(block) == dict(decoder.decode(block, raw=True))


@given(st.binary(max_size=40), st.binary(max_size=10))
def test_any_header_block_is_read_or_refused(first: bytes, second: bytes) -> None:
    headers = Headers()
    with suppress(Violation):
        for block in (first, second, first):
            headers.read(block)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_literal_is_what_hpack_reads(name: bytes, value: bytes) -> None:
    decoder = hpack.Decoder(10_000)
    assert list(decoder.decode(literal(name, value), raw=True)) == [(name, value)]


@given(st.integers(0, 255), st.binary(max_size=20))
def test_padding_is_taken_off_or_refused(padding: int, content: bytes) -> None:
    padded = bytes((padding,)) + content + b"\0" * padding
    assert unpadded(frames.PADDED, padded) == content
    with pytest.raises(Violation):
        unpadded(frames.PADDED, bytes((len(content) + 1,)) + content)
