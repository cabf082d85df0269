"""Tensors of the Open Inference Protocol to cells, and back."""

from __future__ import annotations

import struct
from itertools import chain
from typing import Any

import numpy as np

from .problems import Problem

FLOATS = {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8"}
INTEGERS = {
    f"{sign}INT{8 * n}": f"<{'u' if sign else 'i'}{n}" for sign in ("", "U") for n in (1, 2, 4, 8)
}
_NUMBERS = FLOATS | INTEGERS
_KNOWN = ", ".join((*_NUMBERS, "BYTES"))
_LENGTH = struct.Struct("<I")


def from_json(datatype: str, data: list[Any]) -> list[Any]:
    """The cells of a tensor, flat or as a list of rows; null is a missing cell.

    Raises:
        Problem: 400; the datatype is not known, or says integers and there are others.
    """
    check(datatype)
    if data and isinstance(data[0], list):
        if not all(isinstance(row, list) and len(row) == len(data[0]) for row in data):
            raise Problem(400, "the rows of a tensor must have one length")
        data = list(chain.from_iterable(data))
    if datatype in INTEGERS and not {int, type(None)}.issuperset(map(type, data)):
        raise Problem(400, f"a tensor of {datatype} must hold integers")
    return data


def from_binary(datatype: str, raw: bytes) -> list[Any]:
    """The cells of a tensor in the binary extension.

    Raises:
        Problem: 400; the datatype is not known, or the bytes are not of it.
    """
    check(datatype)
    if datatype == "BYTES":
        return _texts(raw)
    dtype = np.dtype(_NUMBERS[datatype])
    if len(raw) % dtype.itemsize:
        raise Problem(400, f"a tensor of {datatype} has bytes left over")
    cells: list[Any] = np.frombuffer(raw, dtype).tolist()
    return cells


def to_binary(datatype: str, values: list[Any]) -> bytes:
    """The bytes of FP32 or BYTES values."""
    if datatype == "FP32":
        return np.array(values, "<f4").tobytes()
    texts = [value.encode() for value in values]
    return b"".join(chain.from_iterable((_LENGTH.pack(len(text)), text) for text in texts))


def check(datatype: str) -> None:
    """Passes a datatype whose values can be cells.

    Raises:
        Problem: 400.
    """
    if datatype not in _NUMBERS and datatype != "BYTES":
        raise Problem(400, f"the datatype of a tensor must be one of {_KNOWN}")


def decoded(values: list[bytes]) -> list[str]:
    """The texts of a tensor of BYTES.

    Raises:
        Problem: 400; one of them is not UTF-8.
    """
    try:
        return [value.decode() for value in values]
    except UnicodeDecodeError:
        raise Problem(400, "a tensor of BYTES has a text that is not UTF-8") from None


def _texts(raw: bytes) -> list[str]:
    found = []
    at = 0
    while at < len(raw):
        start = at + _LENGTH.size
        at = start + _LENGTH.unpack_from(raw, at)[0] if start <= len(raw) else len(raw) + 1
        if at > len(raw):
            raise Problem(400, "a tensor of BYTES ends within a text")
        found.append(raw[start:at])
    return decoded(found)
