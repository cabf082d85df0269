"""The body of a request, read strictly: what is not clearly right is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from .problems import Problem

Instances = list[list[Any] | dict[str, Any]]


class Body(msgspec.Struct, gc=False):
    """What a prediction is asked with; other keys are passed over."""

    instances: Instances


_decode = msgspec.json.Decoder(Body).decode
_PLACE = re.compile(r" - at `\$\.instances\[(\d+)\].*`$")


def instances(body: bytes) -> Instances:
    """The rows in a body, at least one.

    Raises:
        Problem: 400; the body is not valid JSON, has a key twice, or has no rows.
    """
    try:
        found = _decode(body).instances
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except msgspec.DecodeError as error:
        raise Problem(400, f"the body is not valid JSON: {error}") from None
    except UnicodeDecodeError:
        raise Problem(400, "the body is not valid UTF-8") from None
    except RecursionError:
        raise Problem(400, "the body is nested too deeply") from None
    if not found:
        raise Problem(400, "instances must hold at least one row")
    # Each pair of the objects we know of brings one colon, so only a body with more of them
    # can hold a key twice; only such a body is read a second time.
    pairs = 1 + sum(len(row) for row in found if isinstance(row, dict))
    if body.count(b":") > pairs:
        _refuse_repeated_keys(body)
    return found


def _invalid(message: str) -> Problem:
    place = _PLACE.search(message)
    if place is None:
        return Problem(400, f"the body is not as expected: {message}")
    index, text = int(place[1]), message[: place.start()]
    return Problem(400, f"instance {index}: {text}", index=index)


def _refuse_repeated_keys(body: bytes) -> None:
    def pairs(found: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in found}) != len(found):
            raise Problem(400, "the body has an object with the same key twice")

    try:
        json.loads(body, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not valid JSON") from None
