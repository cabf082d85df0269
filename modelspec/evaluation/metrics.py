"""Metrics by scikit-learn. One that is not defined says why; it is never 0 or NaN."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from sklearn import metrics

from modelspec.diagnostics import Diagnostic, ModelRejected
from modelspec.evaluation.predicted import Predicted
from modelspec.spec.metrics import METRICS
from modelspec.spec.scalar import show


class UndefinedMetric(Exception):
    """A metric has no value for these rows; the text says why."""


def score(predicted: Predicted, names: Iterable[str]) -> dict[str, float]:
    """The values of some metrics.

    Args:
        predicted: predictions beside the truth.
        names: metrics that the task knows.

    Raises:
        ModelRejected: naming every metric that is not defined, and why.
    """
    values, problems = {}, []
    for name in names:
        try:
            values[name] = measure(name, predicted)
        except UndefinedMetric as why:
            hint = f"leave {name} out of evaluate.metrics, or train another model"
            if METRICS[name].from_labels and predicted.task == "binary_classification":
                hint += "; another evaluate.threshold may do as well"
            problems.append(Diagnostic(f"{name} is not defined: {why}", None, hint))
    if problems:
        raise ModelRejected(*problems)
    return values


def score_defined(predicted: Predicted, names: Iterable[str]) -> dict[str, float]:
    """As `score`, without the metrics that are not defined."""
    values = {}
    for name in names:
        try:
            values[name] = measure(name, predicted)
        except UndefinedMetric:
            continue
    return values


def measure(name: str, predicted: Predicted) -> float:
    """The value of one metric.

    Raises:
        UndefinedMetric: why it has none for these rows.
        KeyError: if the task does not know it.
    """
    if not predicted.rows:
        raise UndefinedMetric("there are no rows")
    if predicted.task not in METRICS[name].tasks:
        raise KeyError(name)
    if METRICS[name].from_labels:
        return _from_labels(name, predicted)
    return _FROM_SCORES[name](predicted)


def _from_labels(name: str, predicted: Predicted) -> float:
    if name == "accuracy":
        return float(metrics.accuracy_score(predicted.truth, predicted.labels))
    kind, _, average = name.partition("_")
    numbers = range(len(predicted.classes))
    if not average:
        _check_classes(kind, predicted, [numbers[-1]])
    elif average == "macro":
        _check_classes(kind, predicted, list(numbers))
    elif average == "weighted":
        _check_classes(kind, predicted, [n for n in numbers if (predicted.truth == n).any()])
    compute = {
        "precision": metrics.precision_score,
        "recall": metrics.recall_score,
        "f1": metrics.f1_score,
    }[kind]
    # Zero division is left only for classes of weight zero: the others were refused above.
    options = {"average": average, "labels": list(numbers)} if average else {"pos_label": 1}
    return float(compute(predicted.truth, predicted.labels, zero_division=0.0, **options))


def _check_classes(kind: str, predicted: Predicted, numbers: Iterable[int]) -> None:
    """The denominators of these classes must not be zero."""
    for number in numbers:
        name = show(predicted.classes[number])
        present = (predicted.truth == number).any()
        labelled = (predicted.labels == number).any()
        if kind == "recall" and not present:
            raise UndefinedMetric(f"no row is of class {name}")
        if kind == "precision" and not labelled:
            raise UndefinedMetric(f"no row was predicted to be {name}")
        if kind == "f1" and not present and not labelled:
            raise UndefinedMetric(f"no row is, or was predicted to be, {name}")


def _check_present(predicted: Predicted, *numbers: int) -> None:
    for number in numbers:
        if not (predicted.truth == number).any():
            raise UndefinedMetric(f"no row is of class {show(predicted.classes[number])}")


def _roc_auc(predicted: Predicted) -> float:
    _check_present(predicted, 0, 1)
    return float(metrics.roc_auc_score(predicted.truth, predicted.scores))


def _average_precision(predicted: Predicted) -> float:
    _check_present(predicted, 1)
    return float(metrics.average_precision_score(predicted.truth, predicted.scores))


def _roc_auc_ovr(predicted: Predicted) -> float:
    numbers = range(len(predicted.classes))
    _check_present(predicted, *numbers)
    return float(
        metrics.roc_auc_score(
            predicted.truth,
            predicted.scores,
            multi_class="ovr",
            average="macro",
            labels=list(numbers),
        )
    )


def _log_loss(predicted: Predicted) -> float:
    labels = list(range(len(predicted.classes)))
    return float(metrics.log_loss(predicted.truth, predicted.scores, labels=labels))


def _r2(predicted: Predicted) -> float:
    if np.ptp(predicted.truth) == 0:
        raise UndefinedMetric("the target is the same in every row")
    return float(metrics.r2_score(predicted.truth, predicted.scores))


_FROM_SCORES: Mapping[str, Callable[[Predicted], float]] = {
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "roc_auc_ovr": _roc_auc_ovr,
    "log_loss": _log_loss,
    "mse": lambda p: float(metrics.mean_squared_error(p.truth, p.scores)),
    "rmse": lambda p: float(metrics.root_mean_squared_error(p.truth, p.scores)),
    "mae": lambda p: float(metrics.mean_absolute_error(p.truth, p.scores)),
    "r2": _r2,
}
