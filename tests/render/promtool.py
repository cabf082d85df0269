"""Test files for promtool, made from the rules that are rendered."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelspec.adapters.templates import builtin
from modelspec.render.bundle import render
from modelspec.spec.default import DEFAULT

Series = dict[str, str]
PER_MINUTE = 10_000_000


def tool() -> str:
    """Where promtool is; without it CI fails and other runs skip."""
    found = shutil.which("promtool")
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is missing, and CI needs it: apt-get install prometheus")
        pytest.skip("promtool is not installed: apt-get install prometheus")
    return found


def rule_spec(lock: Mapping[str, Any]) -> dict[str, Any]:
    """The `spec` of the PrometheusRule rendered from a lock."""
    text = {a.path: a.text for a in render(lock, DEFAULT, builtin())}["monitoring.yaml"]
    (rule,) = (d for d in yaml.safe_load_all(text) if d["kind"] == "PrometheusRule")
    spec: dict[str, Any] = rule["spec"]
    return spec


def run(
    folder: Path,
    spec: Mapping[str, Any],
    tests: Iterable[Mapping[str, Any]],
    interval: str = "1m",
) -> None:
    """`promtool check rules` and `promtool test rules` on one PrometheusRule.

    promtool evaluates all groups at `interval`, whatever theirs are.
    """
    program = tool()
    (folder / "rules.json").write_text(json.dumps(spec))
    _call([program, "check", "rules", str(folder / "rules.json")])
    whole = {"rule_files": ["rules.json"], "evaluation_interval": interval, "tests": list(tests)}
    (folder / "tests.json").write_text(json.dumps(whole))
    _call([program, "test", "rules", str(folder / "tests.json")])


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "FAILED" not in done.stdout


def alerts(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every alert rule."""
    return [rule for group in spec["groups"] for rule in group["rules"] if "alert" in rule]


def threshold(alert: Mapping[str, Any]) -> Decimal:
    """The share of bad requests above which a burn-rate alert fires."""
    (value,) = set(re.findall(r"> ([0-9.]+)", alert["expr"]))
    return Decimal(value)


def counters(
    failing: Decimal = Decimal(0),
    slow: Decimal = Decimal(0),
    *,
    per_minute: int = PER_MINUTE,
    job: str = "churn",
    bucket: str = "0.05",
) -> dict[str, int]:
    """What a server counts in a minute, in which shares of the requests fail and are slow."""
    bad, late = (int(per_minute * share) for share in (failing, slow))
    labels = f"job='{job}', namespace='prod', pod='{job}-1'"
    duration = "modelspec_request_duration_seconds"
    return {
        **{
            f"modelspec_requests_total{{{labels}, code='{code}'}}": count
            for code, count in (("200", per_minute - bad), ("400", 0), ("503", bad), ("500", 0))
        },
        f"{duration}_bucket{{{labels}, le='{bucket}'}}": per_minute - late,
        f"{duration}_bucket{{{labels}, le='+Inf'}}": per_minute,
        f"{duration}_count{{{labels}}}": per_minute,
    }


def phases(*parts: tuple[int, dict[str, int]]) -> Series:
    """Counters that grow at one rate for some minutes, then at the next, from 0 on."""
    texts: Series = {}
    for name in parts[0][1]:
        total, words = 0, []
        for minutes, growth in parts:
            step = growth[name]
            words.append(f"{total}+{step}x{minutes - 1}")
            total += step * minutes
        texts[name] = " ".join(words)
    return texts


def traffic(
    failing: Decimal = Decimal(0), slow: Decimal = Decimal(0), minutes: int = 31, **how: Any
) -> Series:
    """Counters at constant traffic."""
    return phases((minutes, counters(failing, slow, **how)))


def firing(
    series: Series, expected: Iterable[Mapping[str, Any]], at: str = "30m", interval: str = "1m"
) -> dict[str, Any]:
    """A test that exactly these alerts fire, with exactly their labels."""
    return {
        "interval": interval,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": "ALERTS{alertstate='firing'}",
                "eval_time": at,
                "exp_samples": [{"labels": _sample(alert), "value": 1} for alert in expected],
            }
        ],
    }


def _sample(alert: Mapping[str, Any]) -> str:
    # The absence of a series has no namespace; what is absent is known by its matchers alone.
    where = {"job": "churn"} if "absent" in alert["expr"] else {"namespace": "prod"}
    labels = {"alertname": alert["alert"], "alertstate": "firing", **where, **alert["labels"]}
    return "ALERTS{" + ", ".join(f"{k}={json.dumps(v)}" for k, v in labels.items()) + "}"
