"""The quality alert in a real Prometheus, held against scikit-learn on the same pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from modelspec.serving.contract import OUTCOMES
from modelspec.spec.metrics import METRICS, metrics_of
from modelspec.spec.model import Task
from tests.render.conftest import sample
from tests.render.promtool import Series, alerts, firing, rule_spec
from tests.render.promtool import run as run_tests

MINUTES = 60 * 8 + 1
Pairs = Sequence[tuple[Any, Any]]  # what was answered, and what was right
CLASSES = {"binary_classification": ["no", "yes"], "multiclass_classification": ["a", "b", "c"]}


def rules(task: Task, metric: str, bound: float) -> dict[str, Any]:
    """The rules about quality alone."""
    lock = sample(
        **{
            "spec.task": task,
            "spec.serve": {"feedback": True},
            "spec.monitor": {"quality": {"metric": metric, "alert": bound}},
        }
    )
    lock["record"]["steps"]["data"]["record"]["schema_"]["classes"] = CLASSES.get(task, [])
    if task != "binary_classification":
        lock["spec"]["data"]["target"] = {"column": "churned"}
    groups = rule_spec(lock)["groups"]
    return {"groups": [group for group in groups if group["name"] == "churn-quality"]}


def run(folder: Path, spec: dict[str, Any], tests: Sequence[Mapping[str, Any]]) -> None:
    (interval,) = {group["interval"] for group in spec["groups"]}
    run_tests(folder, spec, tests, interval)


def counts(pairs: Pairs, classes: Sequence[str]) -> dict[str, float]:
    """What the runtime counts of some pairs: series without their common labels, to values."""
    if not classes:
        errors = [abs(answered - right) for answered, right in pairs]
        return {
            "rows_total{": len(pairs),
            "absolute_error_total{": sum(errors),
            "squared_error_total{": sum(e * e for e in errors),
        }
    found: Counter[tuple[str, str]] = Counter()
    for answered, right in pairs:
        if answered == right:
            found[right, "true_positive"] += 1
        else:
            found[answered, "false_positive"] += 1
            found[right, "false_negative"] += 1
    outcomes = {
        f"outcomes_total{{class='{name}', outcome='{outcome}', ": float(found[name, outcome])
        for name in classes
        for outcome in OUTCOMES
    }
    return {"rows_total{": len(pairs)} | outcomes


def at_once(
    pairs: Pairs,
    classes: Sequence[str],
    *,
    minute: int = 100,
    version: str = "1.4",
    pod: str = "churn-1",
) -> Series:
    """What a pod exports that is sent all pairs in one request."""
    labels = f"job='churn', namespace='prod', pod='{pod}', version='{version}'"
    return {
        f"modelspec_feedback_{name}{labels}}}": f"0x{minute - 1} {value}x{MINUTES - minute}"
        for name, value in counts(pairs, classes).items()
    }


def judged(spec: dict[str, Any], series: Series, *, bad: bool, at: str = "8h") -> dict[str, Any]:
    return firing(series, alerts(spec) if bad else [], at)


def expected(metric: str, pairs: Pairs) -> float:
    """The metric by scikit-learn."""
    answered, right = (np.array(side) for side in zip(*pairs, strict=True))
    base, _, average = metric.partition("_")
    if base == "accuracy":
        return float(metrics.accuracy_score(right, answered))
    if base in ("precision", "recall", "f1"):
        function = getattr(metrics, f"{base}_score")
        if average:
            return float(function(right, answered, average=average))
        return float(function(right, answered, pos_label="yes"))
    squared = float(metrics.mean_squared_error(right, answered))
    absolute = float(metrics.mean_absolute_error(right, answered))
    root = float(np.sqrt(squared))
    return {"mse": squared, "rmse": root, "mae": absolute}[metric]


def some(task: Task) -> Pairs:
    rng = np.random.default_rng(3)
    if task == "regression":
        return [(float(x), float(y)) for x, y in rng.integers(0, 20, (500, 2))]
    classes = CLASSES[task]
    right = rng.choice(len(classes), 500, p=[0.7, 0.3] if len(classes) == 2 else [0.6, 0.3, 0.1])
    answered = np.where(rng.random(500) < 0.7, right, rng.choice(len(classes), 500))
    return [(classes[a], classes[r]) for a, r in zip(answered, right, strict=True)]


COUNTED = [(t, m) for t in (*CLASSES, "regression") for m in metrics_of(t) if METRICS[m].counted]  # type: ignore[arg-type]


@pytest.mark.parametrize(("task", "metric"), COUNTED)
def test_each_metric_is_that_of_scikit_learn_and_fires_just_where_it_is_worse(
    tmp_path: Path, task: Task, metric: str
) -> None:
    pairs = some(task)
    series = at_once(pairs, CLASSES.get(task, []))
    value = expected(metric, pairs)
    greater = METRICS[metric].better == "greater"
    for times in (1.1, 0.9):
        spec = rules(task, metric, round(value * times, 6))
        bad = (times > 1) == greater
        folder = tmp_path / str(times)
        folder.mkdir()
        case = judged(spec, series, bad=bad)
        difference = f"abs(model:quality:7d - {value}) < 0.000001"
        labels = (
            "{environment='default', metric='%s', model='churn', namespace='prod', version='1.4'}"
        )
        sample_ = {"labels": labels % metric, "value": 0}
        shown = {"expr": f"0 * ({difference})", "eval_time": "8h", "exp_samples": [sample_]}
        case["promql_expr_test"].append(shown)
        run(folder, spec, [case])


def test_quality_is_a_ticket_and_needs_to_be_asked_for() -> None:
    (alert,) = alerts(rules("binary_classification", "recall", 0.55))
    assert alert["labels"]["severity"] == "ticket"
    assert not any(a["alert"] == "ModelQuality" for a in alerts(rule_spec(sample())))


def test_without_labels_or_with_few_nothing_is_said(tmp_path: Path) -> None:
    spec = rules("binary_classification", "recall", 0.5)
    classes = CLASSES["binary_classification"]
    for missed, bad in ((0, False), (29, False), (30, True)):
        pairs = [("no", "yes")] * missed + [("no", "no")] * 1000
        folder = tmp_path / str(missed)
        folder.mkdir()
        run(folder, spec, [judged(spec, at_once(pairs, classes), bad=bad)])
    run(tmp_path, spec, [judged(spec, at_once([], classes), bad=False)])


def test_labels_that_many_pods_were_sent_at_any_minute_all_count_once(tmp_path: Path) -> None:
    spec = rules("binary_classification", "recall", 0.5)
    classes = CLASSES["binary_classification"]
    series: Series = {}
    for number in range(30):
        one = [("no", "yes")] if number % 2 else [("yes", "yes")]
        series |= at_once(one, classes, minute=60 + number * 7, pod=f"churn-{number}")
    case = judged(spec, series, bad=False)
    total = {"labels": "{namespace='prod', version='1.4'}", "value": 30}
    rows = "sum by (namespace, version) (model:feedback_rows:sum7d)"
    case["promql_expr_test"].append({"expr": rows, "eval_time": "8h", "exp_samples": [total]})
    run(tmp_path, spec, [case])


def test_a_pod_that_starts_again_or_goes_keeps_what_it_counted(tmp_path: Path) -> None:
    spec = rules("binary_classification", "recall", 0.5)
    classes = CLASSES["binary_classification"]
    again = at_once([("no", "yes")] * 20, classes)
    again = {
        name: f"0x99 {v}x100 0x100 {v}x100"
        for name, v in ((n, values.split()[1].partition("x")[0]) for n, values in again.items())
    }
    gone = at_once([("no", "yes")] * 20, classes, pod="churn-2")
    gone = {n: f"{v.rpartition('x')[0]}x50 stale _x{MINUTES - 152}" for n, v in gone.items()}
    case = judged(spec, {**again, **gone}, bad=True)
    total = {"labels": "{namespace='prod', version='1.4'}", "value": 60}
    rows = "sum by (namespace, version) (model:feedback_rows:sum7d)"
    case["promql_expr_test"].append({"expr": rows, "eval_time": "8h", "exp_samples": [total]})
    run(tmp_path, spec, [case])


def test_labels_of_another_version_are_left_alone(tmp_path: Path) -> None:
    spec = rules("binary_classification", "recall", 0.5)
    classes = CLASSES["binary_classification"]
    bad = [("no", "yes")] * 100
    good = [("yes", "yes")] * 100
    old = at_once(bad, classes, version="1.3")
    run(tmp_path, spec, [judged(spec, {**old, **at_once(good, classes)}, bad=False)])
