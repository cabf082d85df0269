"""Drift alerts in a real Prometheus, as far as promtool is one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.render.conftest import sample
from tests.render.promtool import Series, alerts, firing, rule_spec
from tests.render.promtool import run as run_tests

HOURS = 26
MINUTES = 60 * HOURS + 1
Bins = Mapping[str, tuple[float, float]]  # label to the shares of live and of reference rows


def rules(**drift: float) -> dict[str, Any]:
    """The rules about drift alone: a day of the others takes long."""
    groups = rule_spec(sample(**{"spec.monitor": {"drift": drift}}))["groups"]
    return {"groups": [group for group in groups if group["name"] == "churn-drift"]}


def run(folder: Path, spec: dict[str, Any], tests: Sequence[Mapping[str, Any]]) -> None:
    (interval,) = {group["interval"] for group in spec["groups"]}
    run_tests(folder, spec, tests, interval)


def drifting(spec: dict[str, Any], **labels: str) -> list[dict[str, Any]]:
    """The drift alerts with these labels."""
    found = [a for a in alerts(spec) if a["alert"].endswith("Drift")]
    return [a for a in found if labels.items() <= {"alert": a["alert"], **a["labels"]}.items()]


def psi(bins: Bins) -> float:
    return sum((p - q) * math.log(p / q) for p, q in bins.values())


def apart(index: float) -> Bins:
    """Two bins whose population stability index is `index`."""
    low, high = 0.0, 0.4999
    while high - low > 1e-9:
        middle = (low + high) / 2
        if psi({"a": (0.5 + middle, 0.5), "b": (0.5 - middle, 0.5)}) < index:
            low = middle
        else:
            high = middle
    return {"a": (0.5 + low, 0.5), "b": (0.5 - low, 0.5)}


def counted(
    bins: Bins,
    kind: str = "feature",
    *,
    per_minute: int = 1_000_000,
    version: str = "1.4",
    pods: Sequence[str] = ("churn-1",),
) -> Series:
    """What pods export in which rows fall into bins at these shares."""
    feature = ", feature='tenure'" if kind == "feature" else ""
    series: Series = {}
    for pod in pods:
        labels = f"job='churn', namespace='prod', pod='{pod}', version='{version}'{feature}"
        for label, (live, reference) in bins.items():
            bin_ = f"{{{labels}, bin='{label}'}}"
            growth = round(per_minute * live)
            series[f"modelspec_{kind}_bin_rows_total{bin_}"] = f"0+{growth}x{MINUTES}"
            series[f"modelspec_{kind}_bin_reference_ratio{bin_}"] = f"{reference}x{MINUTES}"
    return series


def fires(series: Series, expected: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A test that these alerts fire, and no others."""
    shown = [{**alert, "labels": {**alert["labels"], **_of(alert)}} for alert in expected]
    return firing(series, shown, at=f"{HOURS}h")


def _of(alert: Mapping[str, Any]) -> dict[str, str]:
    return {"feature": "tenure"} if alert["alert"] == "ModelFeatureDrift" else {}


@pytest.mark.parametrize(("warn", "alert"), [(0.1, 0.25), (0.02, 1.5)])
@pytest.mark.parametrize("kind", ["feature", "prediction"])
def test_each_bound_fires_above_it_and_is_silent_below(
    tmp_path: Path, warn: float, alert: float, kind: str
) -> None:
    spec = rules(warn=warn, alert=alert)
    name = f"Model{kind.capitalize()}Drift"
    small, large = (drifting(spec, alert=name, drift=level) for level in ("warn", "alert"))
    assert len(small) == len(large) == 1
    cases = [(warn * 0.9, []), (warn * 1.1, small), (alert * 0.9, small), (alert * 1.1, large)]
    run(tmp_path, spec, [fires(counted(apart(index), kind), fired) for index, fired in cases])


def test_drift_is_a_ticket_and_never_a_page() -> None:
    found = drifting(rules())
    assert len(found) == 4
    assert {a["labels"]["severity"] for a in found} == {"ticket"}
    assert drifting(rule_spec(sample())) == []


def test_bins_that_are_empty_here_or_there_count_and_stay_finite(tmp_path: Path) -> None:
    spec = rules()
    large = drifting(spec, alert="ModelFeatureDrift", drift="alert")
    never_seen = {"a": (0.9, 1.0), "b": (0.1, 0.0)}
    gone = {"a": (1.0, 0.9), "b": (0.0, 0.1)}
    same = {"a": (1.0, 1.0), "b": (0.0, 0.0)}
    cases = [(never_seen, large), (gone, large), (same, [])]
    run(tmp_path, spec, [fires(counted(bins), fired) for bins, fired in cases])


@pytest.mark.parametrize(("rows", "level"), [(0, None), (980, None), (1020, "alert")])
def test_few_rows_in_a_day_say_nothing(tmp_path: Path, rows: int, level: str | None) -> None:
    spec = rules()
    series = counted(apart(5))
    for name in series:
        if "rows_total" in name:
            grown = rows if "bin='a'" in name else 0
            series[name] = f"0x200 0+1x{grown} {grown}x{MINUTES - 202 - grown}"
    expected = drifting(spec, alert="ModelFeatureDrift", drift=level) if level else []
    run(tmp_path, spec, [fires(series, expected)])


def test_the_rows_of_all_pods_count_together_and_restarts_lose_none(tmp_path: Path) -> None:
    spec = rules()
    high = counted(apart(1), pods=["churn-1"])
    low = counted({"a": (apart(1)["b"][0], 0.5), "b": (apart(1)["a"][0], 0.5)}, pods=["churn-2"])
    restarted = {
        name: f"{values.split('x')[0]}x400 {values.split('x')[0]}x{MINUTES - 401}"
        if "rows_total" in name
        else values
        for name, values in low.items()
    }
    run(tmp_path, spec, [fires({**high, **low}, []), fires({**high, **restarted}, [])])


def test_rows_of_another_version_or_without_a_reference_are_left_alone(tmp_path: Path) -> None:
    spec = rules()
    fine = counted(apart(0.01))
    old = counted(apart(3), version="1.3")
    bare = {name: values for name, values in counted(apart(3)).items() if "rows_total" in name}
    run(tmp_path, spec, [fires({**fine, **old}, []), fires(bare, [])])


def test_a_shift_that_passes_is_not_reported_before_an_hour(tmp_path: Path) -> None:
    spec = rules()
    series = counted(apart(3))
    large = drifting(spec, alert="ModelFeatureDrift", drift="alert")
    early, late = fires(series, []), fires(series, large)
    for case, at in ((early, "59m"), (late, "75m")):
        case["promql_expr_test"][0]["eval_time"] = at
    run(tmp_path, spec, [early, late])
