"""What is measured, and what must hold before a model may be released."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, PlainSerializer, PlainValidator, Tag, WithJsonSchema

from modelspec.spec.base import Number, Strict
from modelspec.spec.gate import Gate, parse_gate
from modelspec.spec.scalar import Wrong, show


def _gate(value: Any) -> Gate:
    if isinstance(value, Gate):
        return value
    if isinstance(value, str):
        return parse_gate(value)
    raise Wrong(f"must be one line of text such as roc_auc >= 0.80, not {show(value)}")


GateText = Annotated[
    Gate,
    PlainValidator(_gate),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["roc_auc >= 0.80", "rmse <= 0.9 * baseline"]}),
]


class Maximize(Strict):
    """Find the threshold that maximizes this metric on the validation rows."""

    maximize: str = Field(description="A metric computed from labels, such as f1.", examples=["f1"])


def _form(value: Any) -> str:
    return "maximize" if isinstance(value, dict | Maximize) else "number"


Threshold = Annotated[
    Annotated[Annotated[Number, Field(gt=0, lt=1)], Tag("number")]
    | Annotated[Maximize, Tag("maximize")],
    Discriminator(_form),
]


class Evaluate(Strict):
    """Metrics on the test rows, the decision threshold of a binary model, and gates.

    `metrics` left out: the usual ones of the task.
    """

    metrics: tuple[str, ...] = Field(
        default=(), max_length=100, description="Metrics to report, by scikit-learn's names."
    )
    threshold: Threshold = Field(
        default=0.5,
        description="Binary only: the probability from which the answer is the positive class; "
        "a number, or {maximize: f1} to find it on the validation rows.",
    )
    gates: tuple[GateText, ...] = Field(
        default=(), max_length=200, description="What must hold before a release, one line each."
    )
