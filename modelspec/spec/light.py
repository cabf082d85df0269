"""What rendering reads of a spec and a release that are known to be right, without pydantic.

Importing pydantic and building the models of the language costs 12 times what a bare
interpreter costs, and rendering the rest of one release 7 times.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from modelspec.spec.units import duration, percent

if TYPE_CHECKING:
    from modelspec.spec.model import ModelSpec

_SHAPE = Path(__file__).with_name("shape-v1.json")
_UNITS: Mapping[str, Callable[[Any], Any]] = {
    "duration": duration,
    "number": float,
    "percent": percent,
}


def light(canonical: Mapping[str, Any]) -> ModelSpec:
    """The parts of a spec that rendering reads, as `ModelSpec.from_canonical` has them.

    Args:
        canonical: what `ModelSpec.canonical` gave; nothing of it is checked.
    """
    return cast("ModelSpec", _part(_shape(), canonical))


@cache
def _shape() -> Mapping[str, Any]:
    """Keys to their defaults, units and keys below: `make golden` writes the file."""
    shape: Mapping[str, Any] = json.loads(_SHAPE.read_text("ascii"))
    return shape


def _part(shape: Mapping[str, Any], given: Mapping[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(**{name: _value(key, given.get(name)) for name, key in shape.items()})


def _value(key: Mapping[str, Any], given: Any) -> Any:
    if given is None:
        given = key.get("default")
    if "keys" in key:
        return None if given is None and "default" in key else _part(key["keys"], given or {})
    unit = key.get("unit")
    if unit and given is not None:
        return _UNITS[unit](given)
    return tuple(given) if isinstance(given, list) else given
