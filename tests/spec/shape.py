"""Defaults and units of what rendering reads of a spec, taken from its models.

`modelspec/spec/shape-v1.json` is what `modelspec/spec/light.py` knows of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from modelspec.spec import light
from modelspec.spec.model import ModelSpec
from modelspec.spec.scalar import number
from modelspec.spec.units import duration, percent

FILE = Path(light.__file__).with_name("shape-v1.json")
SECTIONS = ("metadata", "task", "serve", "deploy", "monitor")
UNITS = {"duration": duration, "number": number, "percent": percent}


def text() -> str:
    """What the file has to be."""
    keys = {name: _key(ModelSpec, name) for name in SECTIONS}
    return json.dumps(keys, indent=1, sort_keys=True) + "\n"


def _key(model: type[BaseModel], name: str) -> dict[str, Any]:
    """`keys` of what is below, or `unit` of a value, and `default`: without, it is required."""
    field = model.model_fields[name]
    made: dict[str, Any] = {}
    parts = [part for part in (field.annotation, *get_args(field.annotation)) if _is_model(part)]
    if parts:
        made["keys"] = {below: _key(parts[0], below) for below in parts[0].model_fields}
    readers = [m.func for m in _marks(field) if isinstance(m, BeforeValidator)]
    units = [unit for unit, function in UNITS.items() if function in readers]
    if units:
        made["unit"] = units[0]
    if not field.is_required() and not (parts and field.default is not None):
        made["default"] = _canonical(model, name)
    return made


def _marks(field: FieldInfo) -> Iterator[Any]:
    """What is said of a field by `Annotated`, also below `| None`."""
    yield from field.metadata
    for part in get_args(field.annotation):
        yield from getattr(part, "__metadata__", ())


def _is_model(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def _canonical(model: type[BaseModel], name: str) -> Any:
    """The default as a canonical spec would write it."""
    value = model.model_fields[name].get_default(call_default_factory=True)
    return model.model_construct(**{name: value}).model_dump(mode="json", include={name})[name]
