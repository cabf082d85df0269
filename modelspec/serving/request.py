"""The JSON of a request, read strictly: what is not clearly right is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from .contract import MAX_ROWS, SMALL_BODY_BYTES
from .preprocess import Row
from .problems import Problem

Found = TypeVar("Found")

_PLACE = re.compile(r" - at `\$\.(?:instances|inputs|examples)\[(\d+)\].*`$")
LONGEST_NAME = 64
_MOST_LISTS = MAX_ROWS + 1000  # what else a request may consist of


def decode(decoder: msgspec.json.Decoder[Found], body: bytes) -> Found:
    """What a body holds.

    Raises:
        Problem: 400; the body is not valid JSON, or has not the shape that is expected. 413;
            it has more lists and objects than a request of MAX_ROWS can have.
    """
    if len(body) > SMALL_BODY_BYTES:
        _refuse_too_many(body)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except msgspec.DecodeError as error:
        raise Problem(400, f"the body is not valid JSON: {error}") from None
    except UnicodeDecodeError:
        raise Problem(400, "the body is not valid UTF-8") from None
    except RecursionError:
        raise Problem(400, "the body is nested too deeply") from None


def _refuse_too_many(body: bytes) -> None:
    """Making hundreds of thousands of lists would hold up everybody else: they are counted."""
    if body.count(b"[") + body.count(b"{") <= _MOST_LISTS:
        return
    # Every other part between quotes that are not escaped is a text.
    bare = b"".join(body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])
    if bare.count(b"[") + bare.count(b"{") > _MOST_LISTS:
        raise Problem(413, f"the body has more lists and objects than {MAX_ROWS} rows need")


def _invalid(message: str) -> Problem:
    place = _PLACE.search(message)
    if place is None:
        return Problem(400, f"the body is not as expected: {message}")
    index, text = int(place[1]), message[: place.start()]
    return Problem(400, f"instance {index}: {text}", index=index)


def refuse_repeated_keys(body: bytes, pairs: int) -> None:
    """Refuses a body in which an object has a key twice.

    Args:
        body: valid JSON.
        pairs: how many pairs of key and value were found in it. Each brings one colon, so only
            a body with more of them can hold a key twice; only such a body is read again.

    Raises:
        Problem: 400.
    """
    if body.count(b":") <= pairs:
        return

    def unique(found: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in found}) != len(found):
            raise Problem(400, "the body has an object with the same key twice")

    try:
        json.loads(body, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not valid JSON") from None


def transposed(columns: Mapping[str, Sequence[Any]], names: Sequence[str]) -> list[Row]:
    """Rows from columns: cells in the order of `names`, None where a column is left out.

    Raises:
        Problem: 400; a column has another name, or not as many cells as the others.
    """
    for name in columns:
        if name not in names:
            shown = name[:LONGEST_NAME]
            raise Problem(400, f"{shown}: is not a feature of the model", feature=shown)
    if not columns:
        raise Problem(400, "inputs must hold at least one feature")
    first, *_ = counts = {name: len(cells) for name, cells in columns.items()}
    for name, count in counts.items():
        if count != counts[first]:
            raise Problem(
                400, f"{name}: has {count} rows where {first} has {counts[first]}", feature=name
            )
    missing = [None] * counts[first]
    return list(zip(*(columns.get(name, missing) for name in names), strict=True))
