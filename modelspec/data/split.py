"""Which side a row is on: decided by a hash of the row alone, so it stays as data grows.

The hash is BLAKE2b with a digest of 8 bytes, read as a big-endian integer; divided by 2^64 it is
`u` in [0, 1). The message is the seed as 8 bytes, big-endian, and then

* with `split.key`: the text of that cell, as `modelspec.data.encoding` writes texts;
* without: the values of the features in the order of their names (by code points), numbers and
  texts as written there.

`u < test` is a test row, else `u < test + validation` a validation row, else a training row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from modelspec.data.columns import Column
from modelspec.data.encoding import number_bytes, texts_bytes
from modelspec.spec.data import Split

TRAIN, VALIDATION, TEST = 0, 1, 2
SIDES = ("train", "validation", "test")


def sides(
    split: Split, columns: Mapping[str, Column], keys: Sequence[str] | None
) -> NDArray[np.uint8]:
    """The side of every row: 0 train, 1 validation, 2 test.

    Args:
        split: shares and seed.
        columns: the feature columns.
        keys: the cells of the `split.key` column, if there is one.

    Returns:
        Shape (rows,).
    """
    if keys is not None:
        messages: Iterator[tuple[bytes, ...]] = zip(texts_bytes(keys), strict=True)
    else:
        messages = zip(*_blocks(columns), strict=True)
    start = blake2b(split.seed.to_bytes(8, "big"), digest_size=8)
    hashes = np.frombuffer(b"".join(_hashes(start, messages)), dtype=">u8")
    side = np.full(hashes.shape, TRAIN, np.uint8)
    side[hashes < _limit(split.test + split.validation)] = VALIDATION
    side[hashes < _limit(split.test)] = TEST
    return side


def _hashes(start: blake2b, messages: Iterator[tuple[bytes, ...]]) -> Iterator[bytes]:
    copy = start.copy
    for parts in messages:
        state = copy()
        state.update(b"".join(parts))
        yield state.digest()


def _blocks(columns: Mapping[str, Column]) -> Iterator[Sequence[bytes]]:
    """The columns' encodings by name; neighbouring numbers together, because that is faster."""
    numbers: list[NDArray[np.float64]] = []
    for name in sorted(columns):
        column = columns[name]
        if column.dtype == np.float64:
            numbers.append(column.astype(np.float64))
            continue
        if numbers:
            yield _rows(numbers)
            numbers = []
        yield texts_bytes(column)
    if numbers:
        yield _rows(numbers)


def _rows(numbers: list[NDArray[np.float64]]) -> list[bytes]:
    width = 8 * len(numbers)
    content = number_bytes(np.stack(numbers, axis=1))
    return [content[at : at + width] for at in range(0, len(content), width)]


def _limit(share: Decimal) -> np.uint64:
    """The least integer h with h / 2^64 >= share."""
    return np.uint64(min(math.ceil(Fraction(share) * 2**64), 2**64 - 1))
