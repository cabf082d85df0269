"""Drift as Prometheus rules: the population stability index of live rows against the reference.

PSI is the sum over bins of (p - q) ln(p / q), p being the live share of a bin and q that of the
reference; 0.1 and 0.25 are the customary bounds for a small and a large shift. It needs no
constants here: the runtime exports q with the labels of its counters.

Rows in bins are recorded every five minutes, so that a day costs a few hundred samples a bin and
not all of every pod. The bins of another model are others: what is recorded keeps the version.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from modelspec.render.promql import selector
from modelspec.render.watched import Group, Rule, Watched, described, group, plain
from modelspec.serving.contract import (
    FEATURE_BIN_REFERENCE,
    FEATURE_BIN_ROWS,
    LABEL_BIN,
    LABEL_FEATURE,
    LABEL_VERSION,
    PREDICTION_BIN_REFERENCE,
    PREDICTION_BIN_ROWS,
)

if TYPE_CHECKING:
    from modelspec.spec.monitoring import Drift

INTERVAL = "5m"
WINDOW = "1d"
WAIT = "1h"
# Fewer rows in the window say little: by chance alone PSI is about (bins - 1) / rows.
MIN_ROWS = 1000
# Shares below it count as it: PSI is not defined for empty bins.
FLOOR = "0.0001"


@dataclass(frozen=True, slots=True)
class _Kind:
    """What drifts.

    Attributes:
        word: in names of rules, such as `feature`.
        rows: the counter of rows in bins.
        reference: the gauge of shares of the reference.
        of: labels that tell apart what has bins of its own.
        shown: what drifts, in a Go template.
    """

    word: str
    rows: str
    reference: str
    of: tuple[str, ...]
    shown: str


_KINDS = (
    _Kind(
        "feature",
        FEATURE_BIN_ROWS,
        FEATURE_BIN_REFERENCE,
        (LABEL_FEATURE,),
        "The feature {{ $labels." + LABEL_FEATURE + " }}",
    ),
    _Kind("prediction", PREDICTION_BIN_ROWS, PREDICTION_BIN_REFERENCE, (), "What it answers"),
)


def rules(watched: Watched, drift: Drift) -> Group:
    """Recorded indexes and a ticket at either bound, of every feature and of the predictions."""
    found: list[Rule] = []
    for kind in _KINDS:
        found += _recorded(watched, kind)
        found += _alerts(watched, kind, drift)
    return group(f"{watched.name}-drift", found, INTERVAL)


def _recorded(watched: Watched, kind: _Kind) -> list[Rule]:
    on = watched.scraped | {LABEL_VERSION: watched.model_version}
    recorded = watched.labels | {LABEL_VERSION: watched.model_version}
    whole = ", ".join(("namespace", LABEL_VERSION, *kind.of))
    bins = f"{whole}, {LABEL_BIN}"
    rows, ratio = (
        f"model:{kind.word}_bin_rows:{over}" for over in ("increase5m", f"ratio{WINDOW}")
    )
    live = f"clamp_min({selector(ratio, **recorded)}, {FLOOR})"
    reference = f"clamp_min(max by ({bins}) ({selector(kind.reference, **on)}), {FLOOR})"
    day = f"sum_over_time({selector(rows, **recorded)}[{WINDOW}])"
    expressions = {
        rows: f"sum by ({bins}) (increase({selector(kind.rows, **on)}[5m]))",
        ratio: f"{day} / on ({whole}) group_left () (sum by ({whole}) ({day}) >= {MIN_ROWS})",
        f"model:{kind.word}_psi:{WINDOW}": (
            f"sum by ({whole}) (({live} - on ({bins}) {reference})"
            f" * on ({bins}) ln({live} / on ({bins}) {reference}))"
        ),
    }
    return [
        {"record": name, "expr": expr, "labels": watched.labels}
        for name, expr in expressions.items()
    ]


def _alerts(watched: Watched, kind: _Kind, drift: Drift) -> list[Rule]:
    index = selector(
        f"model:{kind.word}_psi:{WINDOW}",
        **watched.labels,
        **{LABEL_VERSION: watched.model_version},
    )
    warn, alert = (plain(Decimal(str(bound))) for bound in (drift.warn, drift.alert))
    bounds = {"warn": f"{index} > {warn} <= {alert}", "alert": f"{index} > {alert}"}
    return [
        {
            "alert": f"Model{kind.word.capitalize()}Drift",
            "expr": expr,
            "for": WAIT,
            "labels": {
                "severity": "ticket",
                **watched.labels,
                "version": watched.version,
                "drift": level,
            },
            "annotations": described(
                watched,
                f"{watched.name} is asked about other rows than it learned from"
                if kind.of
                else f"{watched.name} answers otherwise than when it was evaluated",
                f'{kind.shown} has a population stability index of {{{{ $value | printf "%.2f" }}}}'
                f" over {WINDOW}, above {warn if level == 'warn' else alert}.",
            ),
        }
        for level, expr in bounds.items()
    ]
