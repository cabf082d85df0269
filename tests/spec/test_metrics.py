"""The table of metrics."""

from __future__ import annotations

from typing import get_args

import pytest
import sklearn.metrics

from modelspec.spec.metrics import (
    MANY_CLASSES,
    METRICS,
    OTHER_NAMES,
    container_metrics,
    default_metrics,
    metrics_of,
)
from modelspec.spec.model import Task

TASKS: tuple[Task, ...] = get_args(Task)
SHORT = {"mse", "rmse", "mae"}  # scikit-learn has long names for these


@pytest.mark.parametrize("task", TASKS)
def test_the_default_metrics_of_a_task_are_known_to_it(task: Task) -> None:
    assert default_metrics(task)
    assert set(default_metrics(task)) <= set(metrics_of(task))


def test_names_are_those_of_scikit_learn() -> None:
    scorers = set(sklearn.metrics.get_scorer_names())
    negated = {name.removeprefix("neg_") for name in scorers}
    names = set(METRICS) - SHORT - set(container_metrics())
    assert names <= scorers | negated


def test_other_names_lead_to_names_that_exist() -> None:
    assert set(OTHER_NAMES.values()) <= {*METRICS, "loss"}
    assert not set(OTHER_NAMES) & set(METRICS)
    assert set(MANY_CLASSES.values()) <= set(metrics_of("multiclass_classification"))
    assert not set(MANY_CLASSES) & set(metrics_of("multiclass_classification"))


def test_errors_and_losses_are_better_when_smaller() -> None:
    smaller = {name for name, metric in METRICS.items() if metric.better == "less"}
    assert smaller == {"log_loss", "mse", "rmse", "mae", "latency_p99", "container_size"}
