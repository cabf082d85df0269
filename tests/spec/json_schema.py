"""JSON Schema (draft 2020-12), as much of it as our schemas use: any other keyword is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
SAYS_NOTHING = {"$schema", "$defs", "title", "description", "default", "examples", "then"}


def errors(schema: Schema, value: Any, root: Schema | None = None, path: str = "") -> list[str]:
    """Where a value is not as a schema wants it: paths and keywords."""
    root = schema if root is None else root
    found: list[str] = []
    for keyword, wanted in schema.items():
        if keyword in SAYS_NOTHING:
            continue
        inner = _WITH_SCHEMAS.get(keyword)
        if inner:
            found += inner(schema, wanted, value, root, path)
        elif not _PLAIN[keyword](wanted, value, schema):
            found.append(f"{path or '.'}: {keyword}")
    return found


def _ref(schema: Schema, name: str, value: Any, root: Schema, path: str) -> list[str]:
    return errors(root["$defs"][name.removeprefix("#/$defs/")], value, root, path)


def _all(schema: Schema, parts: Sequence[Schema], value: Any, root: Schema, path: str) -> list[str]:
    return [error for part in parts for error in errors(part, value, root, path)]


def _some(keyword: str, most: int) -> Callable[..., list[str]]:
    def check(
        schema: Schema, parts: Sequence[Schema], value: Any, root: Schema, path: str
    ) -> list[str]:
        right = sum(not errors(part, value, root, path) for part in parts)
        return [] if 1 <= right <= most else [f"{path or '.'}: {keyword}"]

    return check


def _not(schema: Schema, part: Schema, value: Any, root: Schema, path: str) -> list[str]:
    return [] if errors(part, value, root, path) else [f"{path or '.'}: not"]


def _if(schema: Schema, part: Schema, value: Any, root: Schema, path: str) -> list[str]:
    return [] if errors(part, value, root, path) else errors(schema["then"], value, root, path)


def _properties(
    schema: Schema, parts: Mapping[str, Schema], value: Any, root: Schema, path: str
) -> list[str]:
    known = parts.items() if isinstance(value, dict) else ()
    return [e for k, p in known if k in value for e in errors(p, value[k], root, f"{path}/{k}")]


def _patterns(
    schema: Schema, parts: Mapping[str, Schema], value: Any, root: Schema, path: str
) -> list[str]:
    items = value.items() if isinstance(value, dict) else ()
    found = [(k, v, part) for k, v in items for p, part in parts.items() if re.search(p, k)]
    return [e for k, v, part in found for e in errors(part, v, root, f"{path}/{k}")]


def _others(schema: Schema, part: Schema | bool, value: Any, root: Schema, path: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    patterns = schema.get("patternProperties", {})
    named = (k for k in value if not any(re.search(p, k) for p in patterns))
    others = [key for key in named if key not in schema.get("properties", {})]
    if isinstance(part, bool):
        return [] if part else [f"{path}/{key}: additionalProperties" for key in others]
    return [e for key in others for e in errors(part, value[key], root, f"{path}/{key}")]


def _items(schema: Schema, part: Schema, value: Any, root: Schema, path: str) -> list[str]:
    items = enumerate(value) if isinstance(value, list) else ()
    return [e for number, item in items for e in errors(part, item, root, f"{path}/{number}")]


_WITH_SCHEMAS: Mapping[str, Callable[..., list[str]]] = {
    "$ref": _ref,
    "allOf": _all,
    "anyOf": _some("anyOf", 99),
    "oneOf": _some("oneOf", 1),
    "not": _not,
    "if": _if,
    "properties": _properties,
    "patternProperties": _patterns,
    "additionalProperties": _others,
    "items": _items,
}


def _is(kind: str, value: Any) -> bool:
    if kind in ("number", "integer"):
        right = isinstance(value, int | float) and not isinstance(value, bool)
        return right and (kind == "number" or float(value).is_integer())
    kinds = {"string": str, "boolean": bool, "null": type(None), "array": list, "object": dict}
    return isinstance(value, kinds[kind])


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _about(kind: str, rule: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Schema], bool]:
    """A rule for values of one type, that says nothing about others."""
    return lambda wanted, value, schema: not _is(kind, value) or rule(wanted, value)


_PLAIN: Mapping[str, Callable[[Any, Any, Schema], bool]] = {
    "type": lambda wanted, value, schema: any(
        _is(kind, value) for kind in ([wanted] if isinstance(wanted, str) else wanted)
    ),
    "const": lambda wanted, value, schema: _same(wanted, value),
    "enum": lambda wanted, value, schema: any(_same(each, value) for each in wanted),
    "required": _about("object", lambda wanted, value: set(wanted) <= set(value)),
    "minProperties": _about("object", lambda wanted, value: len(value) >= wanted),
    "minItems": _about("array", lambda wanted, value: len(value) >= wanted),
    "maxItems": _about("array", lambda wanted, value: len(value) <= wanted),
    "uniqueItems": _about("array", lambda wanted, value: len({*map(repr, value)}) == len(value)),
    "minLength": _about("string", lambda wanted, value: len(value) >= wanted),
    "maxLength": _about("string", lambda wanted, value: len(value) <= wanted),
    "pattern": _about("string", lambda wanted, value: bool(re.search(wanted, value))),
    "minimum": _about("number", lambda wanted, value: value >= wanted),
    "maximum": _about("number", lambda wanted, value: value <= wanted),
    "exclusiveMinimum": _about("number", lambda wanted, value: value > wanted),
    "exclusiveMaximum": _about("number", lambda wanted, value: value < wanted),
}
