"""The quality of answers as Prometheus rules: a metric of late labels, over a week.

The runtime counts pairs of an answer and its label; what a metric needs of them are sums. They are
recorded every five minutes as differences to five minutes before, because labels come in heaps:
`increase` would lose a heap that comes between two of its windows. Only the version that runs is
judged; an answer of another one is counted by no pod of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from modelspec.render.promql import selector
from modelspec.render.watched import Group, Rule, Watched, described, group, plain
from modelspec.serving.contract import (
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    FEEDBACK_ABSOLUTE_ERROR,
    FEEDBACK_OUTCOMES,
    FEEDBACK_ROWS,
    FEEDBACK_SQUARED_ERROR,
    LABEL_CLASS,
    LABEL_OUTCOME,
    LABEL_VERSION,
    TRUE_POSITIVE,
)
from modelspec.spec.gate_terms import FLOOR
from modelspec.spec.metrics import METRICS

if TYPE_CHECKING:
    from modelspec.spec.monitoring import Quality

INTERVAL = "5m"
WINDOW = "7d"
WAIT = "1h"
_WHOLE = ("namespace", LABEL_VERSION)


def rules(watched: Watched, quality: Quality, classes: Sequence[str]) -> Group:
    """What is recorded of labels, the metric of them, and a ticket when it is worse than its bound.

    Args:
        watched: the model.
        quality: the metric and its bound.
        classes: of the model, as its schema has them; none for regression.
    """
    series = _Series(watched)
    value, pairs = _metric(series, quality.metric, classes)
    name = f"model:quality:{WINDOW}"
    labels = {**watched.labels, "metric": quality.metric}
    measured: Rule = {
        "record": name,
        "expr": f"({value}) and on ({', '.join(_WHOLE)}) ({pairs} >= {FLOOR})",
        "labels": labels,
    }
    index = selector(name, **labels, **{LABEL_VERSION: watched.model_version})
    alert = _alert(watched, quality, index)
    return group(f"{watched.name}-quality", [*series.recorded(), measured, alert], INTERVAL)


class _Series:
    """Sums over the window of what pods count; remembers which have to be recorded."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._expressions: dict[str, str] = {}

    def sum(self, counter: str, *by: str, **labels: str) -> str:
        """What a counter grew by, for each value of the labels `by`."""
        name = f"model:{counter.removeprefix('modelspec_').removesuffix('_total')}"
        kept = [*_WHOLE, *([LABEL_CLASS, LABEL_OUTCOME] if counter == FEEDBACK_OUTCOMES else [])]
        now = selector(counter, **self._watched.scraped, **self._version)
        before = selector(f"{name}:delta5m", **self._watched.labels, **self._version)
        self._expressions |= {
            # After a restart, and at the first time, all there is is new.
            f"{name}:delta5m": (
                f"sum by ({', '.join(kept)}) (({now} - {now} offset 5m) >= 0 or {now})"
            ),
            f"{name}:sum{WINDOW}": f"sum_over_time({before}[{WINDOW}])",
        }
        found = selector(f"{name}:sum{WINDOW}", **self._watched.labels, **self._version, **labels)
        return f"sum by ({', '.join((*_WHOLE, *by))}) ({found})"

    def outcome(self, outcome: str, *by: str, **labels: str) -> str:
        """Pairs with one outcome, of each class against the rest."""
        return self.sum(FEEDBACK_OUTCOMES, *by, **labels, **{LABEL_OUTCOME: outcome})

    def recorded(self) -> list[Rule]:
        """The rules for all that was asked for."""
        labels = self._watched.labels
        return [
            {"record": name, "expr": expr, "labels": labels}
            for name, expr in self._expressions.items()
        ]

    @property
    def _version(self) -> Mapping[str, str]:
        return {LABEL_VERSION: self._watched.model_version}


def _metric(series: _Series, name: str, classes: Sequence[str]) -> tuple[str, str]:
    """A metric in PromQL, and the number of pairs that it is about."""
    rows = series.sum(FEEDBACK_ROWS)
    if not classes:
        squared = name in ("mse", "rmse")
        errors = series.sum(FEEDBACK_SQUARED_ERROR if squared else FEEDBACK_ABSOLUTE_ERROR)
        return (f"sqrt({errors} / {rows})" if name == "rmse" else f"{errors} / {rows}"), rows
    base, _, average = name.partition("_")
    if base == "accuracy" or average == "micro":  # where a row has one label, they are the same
        return f"{series.outcome(TRUE_POSITIVE)} / {rows}", rows
    if not average:
        return _of_class(series, base, **{LABEL_CLASS: classes[1]})
    # Of the classes for which it is defined: a week may lack one.
    each, _ = _of_class(series, base)
    whole, of_class = (", ".join((*_WHOLE, *more)) for more in ((), (LABEL_CLASS,)))
    if average == "macro":
        return f"avg by ({whole}) ({each})", rows
    right, missed = (series.outcome(o, LABEL_CLASS) for o in (TRUE_POSITIVE, FALSE_NEGATIVE))
    support = f"({right} + {missed})"
    weighed = f"sum by ({whole}) (({each}) * {support})"
    return f"{weighed} / sum by ({whole}) ({support} and on ({of_class}) ({each}))", rows


def _of_class(series: _Series, metric: str, **one: str) -> tuple[str, str]:
    """Precision, recall or F1 of each class, or of one, and the number of pairs it is about."""
    by = () if one else (LABEL_CLASS,)
    right, wrong, missed = (
        series.outcome(outcome, *by, **one)
        for outcome in (TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE)
    )
    if metric == "f1":
        pairs = f"({right} + {wrong} + {missed})"
        return f"2 * {right} / (({pairs} + {right}) > 0)", pairs
    pairs = f"({right} + {wrong if metric == 'precision' else missed})"
    return f"{right} / ({pairs} > 0)", pairs


def _alert(watched: Watched, quality: Quality, index: str) -> Rule:
    name, bound = quality.metric, plain(Decimal(str(quality.alert)))
    worse = "<" if METRICS[name].better == "greater" else ">"
    return {
        "alert": "ModelQuality",
        "expr": f"{index} {worse} {bound}",
        "for": WAIT,
        "labels": {
            "severity": "ticket",
            **watched.labels,
            "version": watched.version,
            "metric": name,
        },
        "annotations": described(
            watched,
            f"{watched.name} is wrong more often than it may be"
            if METRICS[name].kind == "share"
            else f"{watched.name} is further from the truth than it may be",
            f'{name} is {{{{ $value | printf "%.3g" }}}} on the labels of the last {WINDOW}, '
            f"{'below' if worse == '<' else 'above'} {bound}.",
        ),
    }
