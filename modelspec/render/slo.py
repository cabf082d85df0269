"""Service level objectives as Prometheus rules.

Per objective: the rates of all and of bad requests, each recorded on its own; their ratio over
every window; one alert a burn-rate tier (`render/windows.py`). Sums of rates make long windows
weigh every request the same, and cost a few samples instead of all. Nothing here is NaN: without
traffic there is no ratio, and without a bad request ever there is a ratio of 0.

Recorded series carry no version, so that a release does not cut a window in two; alerts do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from modelspec.diagnostics import Diagnostic, InputError
from modelspec.render.promql import rate, selector, union
from modelspec.render.watched import Group, Rule, Watched, described, group, plain
from modelspec.render.windows import BASE, Tier, minutes_text, tiers
from modelspec.serving.contract import (
    CODES,
    DURATION_BUCKETS,
    LABEL_CODE,
    REQUEST_DURATION,
    REQUESTS,
)
from modelspec.spec.units import duration_text, percent_text

if TYPE_CHECKING:
    from modelspec.spec.monitoring import Slo

# 429 and 503 are how an overloaded server sends callers away; 4xx else is the caller's mistake.
FAILURES = tuple(code for code in CODES if code == "429" or code.startswith("5"))
LATENCY_OBJECTIVE = Decimal("0.99")
ABSENT_FOR = "10m"


@dataclass(frozen=True, slots=True)
class Objective:
    """What share of requests must be good, and the rates of all and of bad ones in PromQL.

    Attributes:
        bad: a predicate for annotations, such as `failed`.
    """

    name: str
    share: Decimal
    window: timedelta
    requests: str
    errors: str
    bad: str


def neighbours(latency: timedelta) -> tuple[timedelta, ...]:
    """The histogram buckets next to a latency; nothing if it is a bucket itself."""
    bounds = [_length(bucket) for bucket in DURATION_BUCKETS]
    if latency in bounds:
        return ()
    return (*[b for b in bounds if b < latency][-1:], *[b for b in bounds if b > latency][:1])


def rules(watched: Watched, slo: Slo) -> tuple[list[Group], tuple[str, ...]]:
    """The groups of a PrometheusRule for one model.

    Args:
        watched: the model.
        slo: the objectives.

    Returns:
        The groups, and what was changed or left out so that every alert can fire.

    Raises:
        InputError: if the latency is not a bucket of the runtime; names its neighbours.
    """
    groups = []
    notes = []
    for objective in (_availability(watched, slo), _latency(watched, slo)):
        found, said = tiers(objective.share, objective.window)
        notes += [f"{objective.name}: {note}" for note in said]
        recorded = _recorded(watched, objective, found)
        alerts = [_alert(watched, objective, tier) for tier in found]
        groups.append(group(f"{watched.name}-{objective.name}", recorded + alerts))
    groups.append(group(f"{watched.name}-absence", [_absence(watched)]))
    return groups, tuple(notes)


def _sum(rates: str) -> str:
    """Per namespace: without one in the spec, a model may run in several that must not mix."""
    return f"sum by (namespace) ({rates})"


def _availability(watched: Watched, slo: Slo) -> Objective:
    on = watched.scraped
    requests = _sum(rate(REQUESTS, f"{BASE}m", **on))
    failed = union(rate(REQUESTS, f"{BASE}m", **on, **{LABEL_CODE: code}) for code in FAILURES)
    errors = f"{_sum(failed)} or 0 * {requests}"
    return Objective("availability", slo.availability, slo.window, requests, errors, "failed")


def _latency(watched: Watched, slo: Slo) -> Objective:
    on = watched.scraped
    requests = _sum(rate(f"{REQUEST_DURATION}_count", f"{BASE}m", **on))
    within = union(
        rate(f"{REQUEST_DURATION}_bucket", f"{BASE}m", **on, le=le) for le in _le(slo.latency_p99)
    )
    # A histogram without the bucket would count every request as slow: loud, not silent.
    errors = f"{requests} - ({_sum(within)} or 0 * {requests})"
    bad = f"took longer than {duration_text(slo.latency_p99)}"
    return Objective("latency", LATENCY_OBJECTIVE, slo.window, requests, errors, bad)


def _le(latency: timedelta) -> tuple[str, ...]:
    """The bucket as the label `le` spells it: Prometheus 3 turns `1` into `1.0`, 2 does not."""
    near = [duration_text(bucket) for bucket in neighbours(latency)]
    if near:
        raise InputError(
            Diagnostic(
                f"monitor.slo.latency_p99: the runtime counts requests in fixed buckets, and "
                f"{duration_text(latency)} is not one",
                hint=f"write {' or '.join(near)}",
            )
        )
    bound = next(bucket for bucket in DURATION_BUCKETS if _length(bucket) == latency)
    return (str(bound), str(int(bound))) if bound == int(bound) else (str(bound),)


@cache
def _length(seconds: float) -> timedelta:
    return timedelta(microseconds=int(Decimal(str(seconds)) * 1_000_000))


def _series(kind: str, watched: Watched, slo: str) -> str:
    return selector(f"model:{kind}", **watched.labels, slo=slo)


def _ratio(window: int) -> str:
    return f"errors:ratio_rate{minutes_text(window)}"


def _recorded(watched: Watched, objective: Objective, found: tuple[Tier, ...]) -> list[Rule]:
    labels = {**watched.labels, "slo": objective.name}
    base = f"rate{BASE}m"
    recorded = {f"requests:{base}": objective.requests, f"errors:{base}": objective.errors}
    errors, requests = (
        _series(f"{k}:{base}", watched, objective.name) for k in ("errors", "requests")
    )
    for window in sorted({w for tier in found for w in (tier.long, tier.short)}):
        over = minutes_text(window)
        recorded[_ratio(window)] = (
            f"{errors} / ({requests} > 0)"
            if window == BASE
            else f"sum_over_time({errors}[{over}]) / (sum_over_time({requests}[{over}]) > 0)"
        )
    return [{"record": f"model:{k}", "expr": v, "labels": labels} for k, v in recorded.items()]


def _alert(watched: Watched, objective: Objective, tier: Tier) -> Rule:
    budget = 1 - objective.share
    threshold = plain(tier.factor * budget)
    long, short = minutes_text(tier.long), minutes_text(tier.short)
    over = " and ".join(
        f"{_series(_ratio(window), watched, objective.name)} > {threshold}"
        for window in (tier.long, tier.short)
    )
    return {
        "alert": f"Model{objective.name.capitalize()}BudgetBurn",
        "expr": over,
        "labels": {
            "severity": tier.severity,
            **watched.labels,
            "version": watched.version,
            "slo": objective.name,
            "window": long,
        },
        "annotations": described(
            watched,
            f"{watched.name} spends its {objective.name} budget {plain(tier.factor)} times as "
            f"fast as its objective allows",
            f"{{{{ $value | humanizePercentage }}}} of requests {objective.bad} over {long}, and "
            f"the last {short} are no better. At that speed {long} cost at least "
            f"{percent_text(tier.share)} of the error budget, which is {percent_text(budget)} of "
            f"the requests of {duration_text(objective.window)}.",
        ),
    }


def _absence(watched: Watched) -> Rule:
    name = watched.name
    return {
        "alert": "ModelMetricsAbsent",
        "expr": f"absent({selector(REQUESTS, **watched.scraped)})",
        "for": ABSENT_FOR,
        "labels": {
            "severity": "page",
            **watched.labels,
            "version": watched.version,
            "slo": "availability",
        },
        "annotations": described(
            watched,
            f"{name} reports no metrics",
            f"No pod of {name} was scraped for {ABSENT_FOR}: none runs, or none can be reached. "
            f"Until then its objectives are not watched.",
        ),
    }
