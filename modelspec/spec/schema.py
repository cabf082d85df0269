"""The language as JSON Schema (draft 2020-12), for editors: made from the models that read it.

An editor knows less than `load`: what a gate says, and whether parts of a spec agree, is only
told when the file is read. Whatever `load` accepts, the schema accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from modelspec.serving.contract import DURATION_BUCKETS
from modelspec.spec.environment import Changes, Environment
from modelspec.spec.metrics import METRICS, metrics_of
from modelspec.spec.model import ModelSpec, Task
from modelspec.spec.project import Project
from modelspec.spec.units import duration_text, percent_text

Kind = Literal["Model", "Project", "Environment"]
Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: Mapping[Kind, type[BaseModel]] = {
    "Model": ModelSpec,
    "Project": Project,
    "Environment": Environment,
}
# Lists in which nothing may stand twice.
_SETS = (("Evaluate", "metrics"), ("ModelSpec", "export"))
# pydantic leaves bounds of numbers that are read by functions as they are called in Python.
_BOUNDS = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
}


def json_schema(kind: Kind) -> Schema:
    """The schema of one kind of file.

    Args:
        kind: as files say it.
    """
    model = _MODELS[kind]
    made = model.model_json_schema(schema_generator=_Generator)
    for part in _parts(made):
        _tidy(part)
    made["title"] = f"modelspec {kind}"
    if kind == "Model":
        _add_what_is_known_above(made)
    if kind == "Environment":
        _need_nothing_below(Changes, made)
    return {"$schema": DIALECT, **made}


class _Generator(GenerateJsonSchema):
    """Describes what people write in YAML rather than what Python holds."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """Text may be written without quotes: `1.10` and `no` are text where text is needed."""
        return super().str_schema(schema) | {"type": ["string", "number", "boolean"]}

    def encode_default(self, dft: Any) -> Any:
        """With the units that the language writes: `20%`, `50ms`."""
        if isinstance(dft, Decimal):
            return percent_text(dft)
        if isinstance(dft, timedelta):
            return duration_text(dft)
        return super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """A title would only repeat the key."""
        return False


def _parts(value: Any) -> Iterator[Schema]:
    """Every mapping in a schema, the outer before the inner."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from _parts(item)


def _tidy(part: Schema) -> None:
    part.pop("discriminator", None)  # OpenAPI's, unknown to JSON Schema
    if part.get("default", "") is None:
        del part["default"]
    if "patternProperties" in part:  # keys that are no names are wrong
        part["additionalProperties"] = False
    for name, keyword in _BOUNDS.items():
        if isinstance(part.get(name), int | float):
            part[keyword] = part.pop(name)
    if "pattern" in part and "default" in part:  # the example of the unit may be out of range
        part["examples"] = [part["default"]]
    if isinstance(part.get("examples"), list):
        part["examples"] = [_example(example) for example in part["examples"]]


def _example(example: Any) -> Any:
    """What an example stands for: mappings are written as YAML in messages."""
    if isinstance(example, str) and example.startswith("{"):
        return yaml.safe_load(example)
    return example


def _need_nothing_below(model: type[BaseModel], schema: Schema) -> None:
    """An override names some keys only: what is needed beside them is in the model's own file."""
    names = [field.annotation for field in model.model_fields.values()]
    wanted = [part.__name__ for name in names for part in get_args(name)]
    while wanted:
        part = schema["$defs"][wanted.pop()]
        part.pop("required", None)
        wanted += [one["$ref"].rpartition("/")[2] for one in _parts(part) if "$ref" in one]


def _add_what_is_known_above(schema: Schema) -> None:
    """Names of metrics, and what depends on the task: the models themselves do not say it."""
    parts = schema["$defs"]
    for name, key in _SETS:
        (parts.get(name) or schema)["properties"][key]["uniqueItems"] = True
    known = [metric for metric in METRICS if METRICS[metric].tasks]
    labels = [metric for metric in known if METRICS[metric].from_labels]
    parts["Evaluate"]["properties"]["metrics"]["items"] = {"enum": known}
    _choose(parts["Maximize"]["properties"]["maximize"], labels)
    _choose(parts["EarlyStopping"]["properties"]["metric"], ["loss", *known])
    buckets = [duration_text(timedelta(seconds=seconds)) for seconds in DURATION_BUCKETS]
    parts["Slo"]["properties"]["latency_p99"]["examples"] = buckets
    schema["allOf"] = [_for_task(task) for task in get_args(Task)]


def _choose(part: Schema, names: list[str]) -> None:
    del part["type"]
    part["enum"] = names


def _for_task(task: Task) -> Schema:
    """What holds for specs of one task only."""
    names = list(metrics_of(task))
    only = [
        _below("train", "early_stopping", "metric", then={"enum": ["loss", *names]}),
        _below("evaluate", "metrics", then={"items": {"enum": names}}),
    ]
    if task != "binary_classification":
        only.append(_below("data", "target", "positive", then={"type": "null"}))
        only.append(_below("evaluate", "threshold", then={"not": {}}))
    if task == "regression":
        only.append(_below("train", "class_weight", then={"type": "null"}))
    return {
        "if": {"properties": {"task": {"const": task}}, "required": ["task"]},
        "then": {"allOf": only},
    }


def _below(*path: str, then: Schema) -> Schema:
    """A schema for the value at a path, that says nothing where there is none."""
    for name in reversed(path):
        then = {"properties": {name: then}}
    return then
