"""The metrics: names as scikit-learn has them, which tasks know them, which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from modelspec.spec.model import Task

Kind = Literal["share", "number", "time", "size"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        tasks: the tasks that know it; none for what is measured at the container.
        better: whether greater or less values are better.
        kind: `share`: a fraction in [0, 1]; `number`: in units of the target (their square for
            `mse`) or without a unit; `time`: milliseconds; `size`: MB (10^6 bytes).
        largest: values above it are impossible; None: unbounded.
        from_labels: computed from predicted labels, so that a binary threshold moves it.
        per_class: also defined for one class against the rest (`for class X`).
        counted: can be computed from sums over single rows, so also where rows come one by one.
    """

    name: str
    tasks: tuple[Task, ...]
    better: Literal["greater", "less"]
    kind: Kind = "share"
    largest: float | None = 1.0
    from_labels: bool = False
    per_class: bool = False
    counted: bool = False


_BINARY: tuple[Task, ...] = ("binary_classification",)
_MULTICLASS: tuple[Task, ...] = ("multiclass_classification",)
_REGRESSION: tuple[Task, ...] = ("regression",)
_CLASSES: tuple[Task, ...] = _BINARY + _MULTICLASS

_TABLE = (
    Metric("accuracy", _CLASSES, "greater", from_labels=True, counted=True),
    *(
        Metric(name, _BINARY, "greater", from_labels=True, per_class=True, counted=True)
        for name in ("precision", "recall", "f1")
    ),
    *(
        Metric(f"{name}_{average}", _CLASSES, "greater", from_labels=True, counted=True)
        for average in ("macro", "weighted", "micro")
        for name in ("precision", "recall", "f1")
    ),
    Metric("roc_auc", _BINARY, "greater", per_class=True),
    Metric("roc_auc_ovr", _MULTICLASS, "greater"),
    Metric("average_precision", _BINARY, "greater", per_class=True),
    Metric("log_loss", _CLASSES, "less", "number", largest=None),
    Metric("mse", _REGRESSION, "less", "number", largest=None, counted=True),
    Metric("rmse", _REGRESSION, "less", "number", largest=None, counted=True),
    Metric("mae", _REGRESSION, "less", "number", largest=None, counted=True),
    Metric("r2", _REGRESSION, "greater", "number"),
    Metric("latency_p99", (), "less", "time", largest=None),
    Metric("container_size", (), "less", "size", largest=None),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}

OTHER_NAMES: Mapping[str, str] = {
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
    "r2_score": "r2",
    "accuracy_score": "accuracy",
    "acc": "accuracy",
    "auc": "roc_auc",
    "roc_auc_score": "roc_auc",
    "pr_auc": "average_precision",
    "f1_score": "f1",
    "val_loss": "loss",
    "latency": "latency_p99",
    "p99_latency": "latency_p99",
    "image_size": "container_size",
}
"""What people write for a metric that has another name here."""

MANY_CLASSES: Mapping[str, str] = {
    "precision": "precision_macro",
    "recall": "recall_macro",
    "f1": "f1_macro",
    "roc_auc": "roc_auc_ovr",
}
"""What to write for more than two classes instead of a metric of the positive class."""

_DEFAULTS: Mapping[Task, tuple[str, ...]] = {
    "binary_classification": ("accuracy", "precision", "recall", "f1", "roc_auc"),
    "multiclass_classification": (
        "accuracy",
        "precision_macro",
        "recall_macro",
        "f1_macro",
        "roc_auc_ovr",
    ),
    "regression": ("rmse", "mae", "r2"),
}


def default_metrics(task: Task) -> tuple[str, ...]:
    """What is reported where `evaluate.metrics` is left out."""
    return _DEFAULTS[task]


def metrics_of(task: Task) -> tuple[str, ...]:
    """The names of all metrics of predictions that a task knows, in the order of the table."""
    return tuple(metric.name for metric in _TABLE if task in metric.tasks)


def container_metrics() -> tuple[str, ...]:
    """The names of what only gates know: measured at the container, for every task."""
    return tuple(metric.name for metric in _TABLE if not metric.tasks)
