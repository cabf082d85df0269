"""What each step found out: small frozen records that the cache, the tag and the lock hold."""

from __future__ import annotations

from operator import not_
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """What a step made. `output` is the digest of it, `sha256:<hex>`; files lie beside it."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    output: str


class Numeric(BaseModel):
    """A number feature as served: empty becomes `fill`, then (x - mean) / scale.

    What a spec does not use leaves no mark in digests: `pii` is written only where it is true.
    """

    model_config = ConfigDict(frozen=True)
    name: str
    type: Literal["number"] = "number"
    fill: float | None = None
    min: float | None = None
    max: float | None = None
    mean: float
    scale: float
    pii: bool = Field(default=False, exclude_if=not_)


class Categorical(BaseModel):
    """A category feature as served: one-hot over `values`; others encode as zeros.

    With `hash` there are no values, and a text is in one of so many columns. `missing` is what an
    empty cell does: refused, becomes `fill`, or a column of its own behind the others.
    """

    model_config = ConfigDict(frozen=True)
    name: str
    type: Literal["category"] = "category"
    values: tuple[str, ...]
    missing: Literal["error", "fill", "own_category"] = "error"
    fill: str | None = None
    hash: int | None = Field(default=None, exclude_if=not_)
    pii: bool = Field(default=False, exclude_if=not_)


class Schema(BaseModel):
    """Input and output of a model: features in column order, classes in output order.

    Attributes:
        classes: empty for regression. Binary: (negative, positive).
        target_mean: regression only: the network's last layer maps z to z * scale + mean.
    """

    model_config = ConfigDict(frozen=True)
    features: tuple[Numeric | Categorical, ...]
    classes: tuple[str, ...] = ()
    target_mean: float = 0.0
    target_scale: float = 1.0

    def interface(self) -> dict[str, Any]:
        """What callers depend on: a change of it is a new MAJOR version."""
        features = [
            {"name": f.name, "type": "number", "optional": f.fill is not None}
            if isinstance(f, Numeric)
            else {
                "name": f.name,
                "type": "category",
                "values": list(f.values),
                "optional": f.missing != "error",
            }
            for f in self.features
        ]
        return {"features": features, "classes": list(self.classes)}


class Counts(BaseModel):
    """Rows of one side, and how many of each class."""

    model_config = ConfigDict(frozen=True)
    rows: int
    classes: dict[str, int] = {}


class DataRecord(Record):
    """Rows read, checked, divided and described."""

    schema_: Schema
    train: Counts
    validation: Counts
    test: Counts


class TrainRecord(Record):
    """A fitted network; `loss` is the validation loss of the best epoch (counted from 1)."""

    epochs: int
    best_epoch: int
    loss: float
    parameters: int


class Estimate(BaseModel):
    """A metric with the bounds of its 95 % bootstrap interval over `rows` test rows."""

    model_config = ConfigDict(frozen=True)
    value: float
    low: float
    high: float
    rows: int


class EvaluateRecord(Record):
    """Metrics on the test rows, at the threshold found on the validation rows.

    `predictions` are the bins of what the model answers to both, with their shares: what its
    answers are held against while it serves.
    """

    metrics: dict[str, Estimate]
    baseline: dict[str, float]
    threshold: float | None = None
    predictions: dict[str, Any]


class ReferenceRecord(Record):
    """Training rows in bins: of how many features, and how many bins there are of all."""

    features: int
    bins: int


class Verdict(BaseModel):
    """How one gate, or one slice of it, came out."""

    model_config = ConfigDict(frozen=True)
    gate: str
    slice: str = ""
    value: float | None = None
    bound: float | None = None
    outcome: Literal["passed", "missed", "not judged"]
    note: str = ""


class GateRecord(Record):
    """Every verdict, in the order of the spec."""

    verdicts: tuple[Verdict, ...]


class ExportRecord(Record):
    """One export and how far it is from Keras: largest difference over the test rows.

    Differences are absolute for probabilities, and relative to the spread of the target for
    regression; both are bounded by `tolerance`.
    """

    format: Literal["savedmodel", "onnx", "tflite"]
    max_difference: float
    tolerance: float


class ImageRecord(Record):
    """The serving image; `output` is its ID (the digest of its config).

    `size` counts the compressed bytes of our layers; `base_id` is the config digest of the
    base as found; `commit` the one it was built from.
    """

    base: str
    base_id: str
    size: int
    tag: str
    commit: str


class CheckRecord(Record):
    """The image was started and answered the golden rows as Keras does."""

    ran_as: Literal["container", "process"]
    ready_seconds: float
    rows: int
    max_difference: float
    latency_p99_ms: float
