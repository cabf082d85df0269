"""What JSON Schema has no words for, told to schemathesis: its hooks, loaded by its command.

Nothing is changed in requests that it makes in order to have them refused.
"""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from schemathesis import Case, GenerationMode, HookContext

FARTHEST = 1e15  # the server's bound is as many deviations from the mean; those here are above 1

Json = dict[str, Any]


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: Json) -> None:
    made = case.meta and case.meta.generation.mode
    if made is GenerationMode.POSITIVE and isinstance(case.body, dict):
        row = case.operation.schema.raw_schema["components"]["schemas"]["NamedRow"]
        case.body = agreeing(case.body, row)


@schemathesis.deserializer("application/octet-stream")
def with_bytes_behind(_context: Any, response: schemathesis.Response) -> Any:
    """The JSON of an answer in the binary extension."""
    (length,) = response.headers["inference-header-content-length"]
    return json.loads(response.content[: int(length)])


def agreeing(body: Json, row: Json) -> Json:
    """A body whose parts fit one another.

    Args:
        body: that fits its schema.
        row: the schema of a row by name.
    """
    body = near(body)
    if isinstance(body.get("context"), dict):
        return body | {"examples": [beside(body["context"], one, row) for one in body["examples"]]}
    inputs = body.get("inputs")
    if isinstance(inputs, dict):
        rows = min(map(len, inputs.values()))
        return body | {"inputs": {name: cells[:rows] for name, cells in inputs.items()}}
    if "instances" not in body and isinstance(inputs, list) and isinstance(inputs[0], dict):
        matrix = inputs[0]["name"] == "inputs"
        return body | {"inputs": [filled(inputs[0])] if matrix else tensors(inputs, row)}
    return body


def beside(context: Json, example: Json, row: Json) -> Json:
    """An example that has what its context has not, and nothing else."""
    names = row.get("required", [])
    needed = {name: least(name, row["properties"][name])["data"][0] for name in names}
    return {name: cell for name, cell in (needed | example).items() if name not in context}


def near(value: Any) -> Any:
    """Numbers that are not too far out for an answer to mean anything; 1.0 as 1.

    To JSON Schema both are an integer; the server wants one to be written as such.
    """
    if isinstance(value, dict):
        return {key: near(one) for key, one in value.items()}
    if isinstance(value, list):
        return [near(one) for one in value]
    if isinstance(value, int | float) and abs(value) > FARTHEST:
        value = FARTHEST if value > 0 else -FARTHEST
    return int(value) if isinstance(value, float) and value.is_integer() else value


def filled(matrix: Json) -> Json:
    """A matrix with the shape that its data have; a number is taken for a row of its like."""
    width = matrix["shape"][1]
    data = [cells if isinstance(cells, list) else [cells] * width for cells in matrix["data"]]
    return matrix | {"data": data, "shape": [len(data), width]}


def tensors(found: list[Json], row: Json) -> list[Json]:
    """Each name once, all that are needed, and as many rows of each."""
    needed = {name: least(name, row["properties"][name]) for name in row.get("required", [])}
    by_name = needed | {tensor["name"]: tensor for tensor in found}
    rows = min(len(tensor["data"]) for tensor in by_name.values())
    return [
        tensor | {"data": tensor["data"][:rows], "shape": [rows, *tensor["shape"][1:]]}
        for tensor in by_name.values()
    ]


def least(name: str, cell: Json) -> Json:
    number = cell.get("type") == "number"
    return {
        "name": name,
        "datatype": "FP64" if number else "BYTES",
        "shape": [1],
        "data": [cell.get("minimum", 0)] if number else ["text"],
    }
