from __future__ import annotations

import time

import numpy as np
import pytest

from modelspec.evaluation.intervals import intervals
from modelspec.evaluation.metrics import score
from modelspec.evaluation.predicted import Predicted
from modelspec.spec.metrics import default_metrics, metrics_of
from modelspec.spec.model import Task

TASKS: tuple[Task, ...] = ("binary_classification", "multiclass_classification", "regression")


def sample(task: Task, rows: int, seed: int = 0) -> Predicted:
    random = np.random.default_rng(seed)
    if task == "regression":
        numbers = random.normal(size=rows)
        return Predicted.of(task, (), numbers, numbers + random.normal(size=rows))
    classes = ("no", "yes") if task == "binary_classification" else ("a", "b", "c")
    truth = random.integers(0, len(classes), rows)
    scores = random.random((rows, len(classes)))
    scores[np.arange(rows), truth] += 0.4
    scores /= scores.sum(axis=1, keepdims=True)
    return Predicted.of(task, classes, truth, scores[:, 1] if len(classes) == 2 else scores)


@pytest.mark.parametrize("task", TASKS)
def test_an_interval_lies_around_its_value(task: Task) -> None:
    predicted = sample(task, 300)
    values = score(predicted, metrics_of(task))
    for name, found in intervals(predicted, metrics_of(task)).items():
        assert found.low < values[name] < found.high, name
        assert (found.resamples, found.skipped) == (1000, 0)


@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_gives_the_same_intervals(task: Task) -> None:
    names = metrics_of(task)
    one, again = intervals(sample(task, 50), names), intervals(sample(task, 50), names)
    assert one == again
    assert one != intervals(sample(task, 50), names, seed=43)


def test_an_interval_does_not_depend_on_which_other_metrics_are_asked_for() -> None:
    predicted = sample("binary_classification", 50)
    names = metrics_of("binary_classification")
    together = intervals(predicted, names)
    assert {name: intervals(predicted, [name])[name] for name in names} == together


def test_the_interval_of_a_share_is_that_of_the_binomial_distribution() -> None:
    truth = np.zeros(400, int)
    scores = np.where(np.arange(400) < 320, 0.1, 0.9)  # 80 % accuracy
    predicted = Predicted.of("binary_classification", ("no", "yes"), truth, scores)
    found = intervals(predicted, ["accuracy"])["accuracy"]
    assert found.low == pytest.approx(0.8 - 1.96 * 0.02, abs=0.006)
    assert found.high == pytest.approx(0.8 + 1.96 * 0.02, abs=0.006)


def test_the_interval_of_a_mean_error_covers_as_often_as_it_says() -> None:
    inside = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        truth = random.normal(size=100)
        predicted = Predicted.of("regression", (), truth, truth + random.normal(size=100))
        found = intervals(predicted, ["mse"])["mse"]
        inside += found.low < 1.0 < found.high
    assert 0.85 < inside / 200 < 0.99


def test_resamples_in_which_a_metric_is_not_defined_are_skipped_and_counted() -> None:
    truth = [1, *[0] * 19]
    predicted = Predicted.of("binary_classification", ("no", "yes"), truth, np.linspace(0, 1, 20))
    found = intervals(predicted, ["roc_auc", "accuracy"])
    share = (1 - 1 / 20) ** 20  # the only positive row is not drawn
    assert found["roc_auc"].skipped == pytest.approx(1000 * share, rel=0.15)
    assert found["accuracy"].skipped == 0
    assert np.isfinite([found["roc_auc"].low, found["roc_auc"].high]).all()


def test_where_no_resample_defines_a_share_nothing_is_known_of_it() -> None:
    classes = tuple(f"c{n}" for n in range(60))
    predicted = Predicted.of("multiclass_classification", classes, np.arange(60), np.eye(60))
    found = intervals(predicted, ["recall_macro"])["recall_macro"]
    assert (found.low, found.high, found.skipped) == (0.0, 1.0, 1000)


@pytest.mark.parametrize("task", TASKS)
def test_ten_thousand_rows_take_less_than_two_seconds(task: Task) -> None:
    predicted = sample(task, 10_000)
    start = time.process_time()
    intervals(predicted, default_metrics(task))
    assert time.process_time() - start < 2


def test_many_rows_are_resampled_less_often() -> None:
    predicted = sample("regression", 200_000)
    assert intervals(predicted, ["mae"])["mae"].resamples == 100
