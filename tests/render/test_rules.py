"""The rendered rules in a real Prometheus, as far as promtool is one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.render.conftest import sample
from tests.render.promtool import (
    alerts,
    counters,
    firing,
    phases,
    rule_spec,
    run,
    threshold,
    tool,
    traffic,
)


def of(slo: str, spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [a for a in alerts(spec) if a["labels"]["slo"] == slo and "Burn" in a["alert"]]


def around_each_threshold(spec: dict[str, Any], bucket: str = "0.05") -> Iterator[dict[str, Any]]:
    """At 1.1 and 0.9 times each factor, exactly the alerts of lower thresholds fire."""
    for slo in ("availability", "latency"):
        burns = of(slo, spec)
        for alert in burns:
            for times in (Decimal("1.1"), Decimal("0.9")):
                share = threshold(alert) * times
                expected = [a for a in burns if threshold(a) < share]
                assert (alert in expected) == (times > 1)
                none = Decimal(0)
                shares = (share, none) if slo == "availability" else (none, share)
                yield firing(traffic(*shares, bucket=bucket), expected)


@pytest.mark.parametrize(
    ("availability", "window"),
    [
        *((availability, "30d") for availability in ("99.99%", "99.9%", "90%", "50%")),
        *((availability, window) for availability in ("99.99%", "90%") for window in ("7d", "28d")),
        ("99%", "1d"),
        ("99.9%", "313d"),
    ],
)
def test_each_alert_fires_above_its_factor_and_is_silent_below(
    tmp_path: Path, availability: str, window: str
) -> None:
    slo = {"availability": availability, "window": window}
    spec = rule_spec(sample(**{"spec.monitor": {"slo": slo}}))
    run(tmp_path, spec, around_each_threshold(spec))


@pytest.mark.parametrize("spelled", ["1", "1.0"])
def test_a_bucket_is_found_as_prometheus_2_and_as_3_spell_it(tmp_path: Path, spelled: str) -> None:
    spec = rule_spec(sample(**{"spec.monitor": {"slo": {"latency_p99": "1s"}}}))
    run(tmp_path, spec, around_each_threshold(spec, spelled))


def test_a_histogram_without_the_bucket_is_loud(tmp_path: Path) -> None:
    spec = rule_spec(sample())
    series = traffic(bucket="0.07")
    run(tmp_path, spec, [firing(series, of("latency", spec))])


def test_no_alert_fires_on_no_traffic_or_without_any_error_series(tmp_path: Path) -> None:
    spec = rule_spec(sample())
    healthy = traffic()
    quiet = traffic(per_minute=0)
    no_errors = {k: v for k, v in healthy.items() if "'503'" not in k and "'500'" not in k}
    run(tmp_path, spec, [firing(series, []) for series in (healthy, quiet, no_errors)])


@pytest.mark.parametrize(("per_minute", "ratios"), [(600, 2), (0, 0)])
def test_without_errors_the_ratio_is_zero_and_without_traffic_there_is_none(
    tmp_path: Path, per_minute: int, ratios: int
) -> None:
    spec = rule_spec(sample())
    series = traffic(per_minute=per_minute)
    series = {k: v for k, v in series.items() if "code='5" not in k}
    test = firing(series, [])
    test["promql_expr_test"] += [
        {
            "expr": f"count({{__name__='model:errors:ratio_rate{window}'}} == 0) or vector(0)",
            "eval_time": "30m",
            "exp_samples": [{"labels": "{}", "value": ratios}],
        }
        for window in ("5m", "30m", "1h", "3d")
    ]
    # NaN would be counted here, though it equals nothing above.
    every = "count({__name__=~'model:errors:ratio.+'}) or vector(0)"
    samples = [{"labels": "{}", "value": 5 * ratios}]
    test["promql_expr_test"].append({"expr": every, "eval_time": "30m", "exp_samples": samples})
    run(tmp_path, spec, [test])


def test_a_total_outage_pages_at_every_objective(tmp_path: Path) -> None:
    for number, availability in enumerate(("99.99%", "50%", "5%")):
        spec = rule_spec(sample(**{"spec.monitor": {"slo": {"availability": availability}}}))
        folder = tmp_path / str(number)
        folder.mkdir()
        run(folder, spec, [firing(traffic(Decimal(1)), of("availability", spec))])


def test_absence_pages_after_ten_minutes_and_not_before(tmp_path: Path) -> None:
    spec = rule_spec(sample())
    absent = [a for a in alerts(spec) if a["alert"] == "ModelMetricsAbsent"]
    other = traffic(job="other")
    ends = {name: f"{values} stale _x30" for name, values in traffic(minutes=10).items()}
    run(
        tmp_path,
        spec,
        [
            firing(other, [], at="9m"),
            firing(other, absent, at="11m"),
            firing(ends, [], at="19m"),
            firing(ends, absent, at="21m"),
        ],
    )


def test_other_models_and_other_namespaces_are_not_mixed_in(tmp_path: Path) -> None:
    spec = rule_spec(sample())
    failing = traffic(Decimal(1), job="other")
    staging = {name.replace("prod", "staging"): values for name, values in traffic().items()}
    run(
        tmp_path,
        spec,
        [
            firing({**failing, **traffic()}, []),
            firing({**staging, **traffic(Decimal(1))}, of("availability", spec)),
        ],
    )


def test_a_page_stops_soon_after_the_errors_stop(tmp_path: Path) -> None:
    spec = rule_spec(sample())
    outage = phases((20, counters(failing=Decimal(1))), (60, counters()))
    fast, *slow = of("availability", spec)
    assert fast["labels"]["window"] == "1h"
    run(
        tmp_path,
        spec,
        [firing(outage, [fast, *slow], at="19m"), firing(outage, slow, at="26m")],
    )


def test_errors_of_a_moment_do_not_page_after_hours_of_health(tmp_path: Path) -> None:
    spec = rule_spec(sample())
    failing = counters(failing=Decimal("0.1"))
    moment = phases((400, counters()), (5, failing))
    longer = phases((400, counters()), (20, failing))
    fast, _, ticket = of("availability", spec)
    run(tmp_path, spec, [firing(moment, [], at="404m"), firing(longer, [fast, ticket], at="419m")])


def test_every_alert_says_what_happened_and_prints_hostile_owners_as_they_are(
    tmp_path: Path,
) -> None:
    owner = '{{ printf "%s" .Labels }} {{{ $value }} ${x} \\ "'
    spec = rule_spec(sample(**{"spec.metadata.owner": owner}))
    annotations = {
        "summary": "churn spends its availability budget 14.4 times as fast as its objective "
        "allows",
        "description": "100% of requests failed over 1h, and the last 5m are no better. At that "
        "speed 1h cost at least 2% of the error budget, which is 0.1% of the requests of 30d.",
        "owner": owner,
    }
    rules = of("availability", spec)[:1]
    only = {
        "groups": [
            {
                **spec["groups"][0],
                "rules": [
                    *(r for r in spec["groups"][0]["rules"] if "record" in r),
                    *rules,
                ],
            }
        ]
    }
    test = firing(traffic(Decimal(1)), rules)
    test["alert_rule_test"] = [
        {
            "eval_time": "30m",
            "alertname": rules[0]["alert"],
            "exp_alerts": [
                {
                    "exp_labels": {**rules[0]["labels"], "namespace": "prod"},
                    "exp_annotations": annotations,
                }
            ],
        }
    ]
    run(tmp_path, only, [test])


def test_a_missing_promtool_fails_in_ci_and_is_a_skip_with_its_reason_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI needs it"):
        tool()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="is not installed"):
        tool()
