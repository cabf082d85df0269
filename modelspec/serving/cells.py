"""JSON Schemas of cells, and the words that all schemas here are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .bundle import Category
from .contract import MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .bundle import Number
    from .reference import Bins

Schema = dict[str, Any]

NUMBER: Schema = {"type": "number"}
TEXT: Schema = {"type": "string"}
NOTHING: Schema = {"type": "null"}


def ref(name: str) -> Schema:
    """A schema of the document, by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def array(items: Schema, least: int = 1, most: int | None = None) -> Schema:
    """A list."""
    bound = {} if most is None else {"maxItems": most}
    return {"type": "array", "items": items, "minItems": least, **bound}


def struct(properties: dict[str, Schema], required: Iterable[str] | None = None) -> Schema:
    """An object: keys that are not listed are passed over; all are required if not said."""
    needed = list(properties if required is None else required)
    return {"type": "object", "properties": properties, **({"required": needed} if needed else {})}


def any_of(*options: Schema) -> Schema:
    """One of them, or several; what is itself a choice becomes part of this one."""
    if len(options) == 1:
        return options[0]
    flat = [one["anyOf"] if one.keys() == {"anyOf"} else [one] for one in options]
    return {"anyOf": [one for ones in flat for one in ones]}


def cell(feature: Number | Category) -> Schema:
    """A cell of a feature; null where it may be missing."""
    found = _category(feature) if isinstance(feature, Category) else _number(feature)
    return any_of(found, NOTHING) if is_optional(feature) else found


def is_optional(feature: Number | Category) -> bool:
    """Whether a cell may be missing."""
    if isinstance(feature, Category):
        return feature.missing != "error"
    return feature.fill is not None


def _category(feature: Category) -> Schema:
    if feature.hash:
        return TEXT
    unseen = {**TEXT, "description": "Taken as well: a category that the model does not know."}
    return any_of({"enum": feature.values}, unseen)


def _number(feature: Number) -> Schema:
    bounds = {"minimum": feature.min, "maximum": feature.max}
    return NUMBER | {key: bound for key, bound in bounds.items() if bound is not None}


def usual(feature: Number | Category, bins: Bins | None) -> Schema:
    """What cells of training rows were like; nothing of a personal feature, which has no bins."""
    if bins is None:
        return {}
    if isinstance(feature, Category):
        shares = [bins.shares[column] for column in bins.columns or ()][: len(feature.values)]
        return {"examples": [feature.values[shares.index(max(shares))]]} if shares else {}
    cuts = [float(f"{feature.mean + feature.scale * cut:.4g}") for cut in bins.cuts or ()]
    if not cuts:
        return {}
    low, high = cuts[0], cuts[-1]
    found: Schema = {"examples": [cuts[len(cuts) // 2]]}
    if low < high:
        found["description"] = f"Mostly {low:g} to {high:g} in training."
    return found


def rows(row: Schema) -> Schema:
    """As many of them as a request may have."""
    return array(row, most=MAX_ROWS)


def tuple_(items: Sequence[Schema]) -> Schema:
    """A list with an item of each of these, in order."""
    count = len(items)
    ends: Schema = {"items": False, "minItems": count, "maxItems": count}
    return {"type": "array", "prefixItems": items, **ends}
