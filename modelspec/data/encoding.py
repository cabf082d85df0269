"""Columns as bytes: one encoding for what is hashed, so that it can be checked elsewhere.

Number: 8 bytes, IEEE 754 binary64, big-endian; missing is 7ff8000000000000; -0.0 is 0.0.
Text: its length in bytes as 4 bytes, big-endian, then UTF-8; missing is ffffffff.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_MISSING_NUMBER = np.uint64(0x7FF8_0000_0000_0000)
_MISSING_TEXT = b"\xff\xff\xff\xff"


def number_bytes(numbers: NDArray[np.float64]) -> bytes:
    """The encodings of numbers, one after the other, row by row."""
    bits = (numbers + 0.0).view(np.uint64)
    return np.where(np.isnan(numbers), _MISSING_NUMBER, bits).astype(">u8").tobytes()


def text_bytes(text: str | None) -> bytes:
    """The encoding of one text."""
    if text is None:
        return _MISSING_TEXT
    encoded = text.encode()
    return len(encoded).to_bytes(4, "big") + encoded


def texts_bytes(texts: Iterable[str | None]) -> list[bytes]:
    """The encodings of texts, each distinct one made once."""
    known: dict[str | None, bytes] = {}
    encoded = []
    for text in texts:
        found = known.get(text)
        if found is None:
            found = known[text] = text_bytes(text)
        encoded.append(found)
    return encoded
