"""JSON Schemas (2020-12) of what one model is asked with and answers, for its OpenAPI document.

They say what the server takes, no less and no more, but for what JSON Schema has no words for:
that columns are equally long, that data fill a shape, that a name comes once, and that a number
must not be further than FARTHEST deviations from its mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import Column, columns
from .bundle import Category
from .cells import (
    NOTHING,
    NUMBER,
    TEXT,
    Schema,
    any_of,
    array,
    cell,
    is_optional,
    ref,
    rows,
    struct,
    tuple_,
    usual,
)
from .contract import (
    DEFAULT_THRESHOLD,
    INPUT_TENSOR,
    MAX_PAIRS,
    OTHER_VERSION,
    SIGNATURE,
    integer_version,
)
from .tensors import FLOATS, INTEGERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .bundle import Bundle, Description, Number

_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_SIGNATURE: Schema = {"enum": [SIGNATURE, "", None]}


def schemas(bundle: Bundle) -> dict[str, Schema]:
    """All schemas of a model, by the names that `ref` takes."""
    about = bundle.description
    return {
        **_requests(bundle),
        "Prediction": _prediction(about),
        "Predictions": struct({"predictions": array(ref("Prediction"))}),
        "Outputs": struct({"outputs": _outputs(about)}),
        "Results": struct({"results": array(_result(about))}),
        "InferRequest": _infer_request(about),
        "InferResponse": _infer_response(about),
        "Problem": _problem(),
        **({"Pairs": _pairs(about), "Counted": _counted(about)} if about.feedback else {}),
    }


def _requests(bundle: Bundle) -> dict[str, Schema]:
    """Rows, and what TensorFlow Serving's methods are asked with."""
    about, bins = bundle.description, bundle.reference.features
    cells = {feature.name: cell(feature) for feature in about.features}
    shown = {f.name: cells[f.name] | usual(f, bins.get(f.name)) for f in about.features}
    needed = [feature.name for feature in about.features if not is_optional(feature)]
    listed = list(cells.values())
    # Rows of one feature may be bare values.
    row = any_of(ref("NamedRow"), ref("ListedRow"), *(listed if len(listed) == 1 else []))
    other = any_of(ref("ListedRow"), *(listed if len(listed) == 1 else []))
    signature = {"signature_name": _SIGNATURE}
    instances = {"instances": rows(row), "inputs": NOTHING}
    inputs = {"inputs": any_of(ref("Columns"), rows(other)), "instances": NOTHING}
    examples = struct({"examples": rows(ref("NamedRow")), **signature}, ["examples"])
    some: Schema = {"type": "object", "properties": cells, "additionalProperties": False}
    sharing = {"examples": rows(some), "context": some}
    return {
        "NamedRow": struct(shown, needed) | {"additionalProperties": False},
        "ListedRow": tuple_(listed),
        "Columns": _by_name(cells, needed),
        "PredictRows": struct(instances | signature, ["instances"]),
        "PredictColumns": struct(inputs | signature, ["inputs"]),
        "Examples": examples | {"not": {"required": ["context"]}},
        "ExamplesInContext": struct(sharing | signature, sharing)
        | {"description": "A cell is in the context, for all examples, or in each of them."},
    }


def _by_name(cells: dict[str, Schema], needed: list[str]) -> Schema:
    return {
        "type": "object",
        # A column may be (n) or (n, 1).
        "properties": {name: any_of(rows(c), rows(tuple_([c]))) for name, c in cells.items()},
        "additionalProperties": False,
        "minProperties": 1,
        "required": needed,
        "description": "Columns with as many cells each.",
    }


def _columns(about: Description) -> tuple[Column, ...]:
    return columns(about.task, about.classes, about.threshold)


def _value(column: Column, classes: Sequence[str]) -> Schema:
    """The value of one row in a column of answers."""
    if column.datatype == "BYTES":
        return {"enum": list(classes)}
    one = _SHARE if classes else NUMBER
    return array(one, column.shape[0], column.shape[0]) if column.shape else one


def _prediction(about: Description) -> Schema:
    if about.task == "regression":
        return NUMBER
    label = {"label": {"enum": about.classes}}
    if about.task == "binary_classification":
        bound = DEFAULT_THRESHOLD if about.threshold is None else about.threshold
        name = about.classes[1]
        positive = {"description": f"Of {name}, which is the label from {bound:g} on."}
        return struct(label | {"probability": _SHARE | positive})
    return struct(label | {"probabilities": struct(dict.fromkeys(about.classes, _SHARE))})


def _outputs(about: Description) -> Schema:
    """The answer in columns; a single one stands without its name."""
    found = {c.name: array(_value(c, about.classes)) for c in _columns(about)}
    return struct(found) if len(found) > 1 else next(iter(found.values()))


def _result(about: Description) -> Schema:
    if about.task == "regression":
        return NUMBER
    pair = array(any_of({"enum": about.classes}, _SHARE), 2, 2)
    return array(pair | {"description": "A class and its score."}, len(about.classes))


def _infer_request(about: Description) -> Schema:
    """The Open Inference Protocol's, without its binary extension."""
    features = about.features
    tensors = array(any_of(*map(_tensor, features)), sum(not is_optional(f) for f in features) or 1)
    tensors |= {"maxItems": len(features), "description": _TENSORS}
    texts = any(isinstance(feature, Category) for feature in features)
    if not texts and INPUT_TENSOR not in [feature.name for feature in features]:
        tensors = any_of(tensors, tuple_([_matrix(features)]))
    wanted = struct({"name": _names(about), "parameters": struct({})}, ["name"])
    return struct(
        {
            "id": {"type": ["string", "null"]},
            "inputs": tensors,
            "outputs": array(wanted, 0),
            "parameters": struct({"binary_data_output": {"type": "boolean"}}, []),
        },
        ["inputs"],
    )


_TENSORS = (
    "A tensor for each feature, in any order, with as many rows each. One of a feature whose "
    "cells may be missing can be left out."
)


def _tensor(feature: Number | Category) -> Schema:
    one = cell(feature)
    if isinstance(feature, Category):
        return _filled({"const": feature.name}, {"const": "BYTES"}, one)
    return _numbers({"const": feature.name}, one)


def _numbers(name: Schema, one: Schema) -> Schema:
    integer = any_of({"type": "integer"}, NOTHING)
    return any_of(
        _filled(name, {"enum": list(FLOATS)}, one),
        _filled(name, {"enum": list(INTEGERS)}, {"allOf": [one, integer]}),
    )


def _filled(name: Schema, datatype: Schema, one: Schema, width: int | None = None) -> Schema:
    """A tensor (n, width), by default (n) or (n, 1); its data flat or row by row."""
    shape = tuple_([_COUNT, {"const": width or 1}])
    if width is None:
        shape |= {"minItems": 1}
    data = any_of(rows(one), rows(array(one, width or 1, width or 1)))
    return struct({"name": name, "datatype": datatype, "shape": shape, "data": data})


def _matrix(features: Sequence[Number | Category]) -> Schema:
    """One tensor instead of one for each feature."""
    name = {"const": INPUT_TENSOR}
    kinds: list[Schema] = []
    for one in map(cell, features):
        kinds += [] if one in kinds else [one]
    return _filled(name, {"enum": list(FLOATS)}, any_of(*kinds), len(features))


def _names(about: Description) -> Schema:
    return {"enum": [column.name for column in _columns(about)]}


def _infer_response(about: Description) -> Schema:
    size = struct({"binary_data_size": {"type": "integer", "minimum": 0}})
    output = {
        "name": _names(about),
        "datatype": {"enum": sorted({column.datatype for column in _columns(about)})},
        "shape": array(_COUNT, 1, 2),
        "data": array(any_of(*(_flat(column, about.classes) for column in _columns(about)))),
        "parameters": size,
    }
    answer = {
        "model_name": {"const": about.name},
        "model_version": {"const": str(integer_version(about.version))},
        "id": TEXT,
        "outputs": array(struct(output, ["name", "datatype", "shape"])),
    }
    return struct(answer, ["model_name", "model_version", "outputs"])


def _flat(column: Column, classes: Sequence[str]) -> Schema:
    value = _value(column, classes)
    found: Schema = value["items"] if column.shape else value
    return found


def _pairs(about: Description) -> Schema:
    """Answers of this version, and of others."""
    version = about.version, str(integer_version(about.version)), integer_version(about.version)
    ours = {"prediction": _judged(about), "version": {"enum": list(version)}, "label": NUMBER}
    if about.classes:
        ours["label"] = {"enum": about.classes}
    other = {
        "prediction": {},
        "version": {"type": ["string", "integer"], "not": {"enum": list(version)}},
        "label": {},
    }
    return struct({"pairs": array(any_of(struct(ours), struct(other)), most=MAX_PAIRS)})


def _judged(about: Description) -> Schema:
    """What of an answer is looked at."""
    return struct({"label": {"enum": about.classes}}) if about.classes else NUMBER


def _counted(about: Description) -> Schema:
    number = {"type": "integer", "minimum": 0}
    return struct({"counted": struct({about.version: number, OTHER_VERSION: number})})


def _problem() -> Schema:
    """RFC 9457, with extensions."""
    properties: dict[str, Schema] = {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "error": TEXT | {"description": "The same as `detail`, where TensorFlow Serving has it."},
        "index": {"type": "integer", "minimum": 0, "description": "Which row is at fault, from 0."},
        "feature": TEXT | {"description": "Which feature of it is at fault."},
    }
    return struct(properties, ["type", "title", "status", "detail", "error"])
