"""Gates decide whether a model may be released."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from modelspec.evaluation.intervals import intervals
from modelspec.evaluation.metrics import UndefinedMetric, measure
from modelspec.evaluation.predicted import Predicted
from modelspec.evaluation.slices import Part, parts
from modelspec.plan.records import Verdict
from modelspec.spec.gate import ForClass, Gate, Quantity
from modelspec.spec.scalar import show

_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_MOST_SMALL = 20  # slices under the floor that are listed one by one


def judge(
    gates: Iterable[Gate],
    model: Predicted,
    baseline: Predicted,
    columns: Mapping[str, NDArray[np.object_]],
) -> tuple[Verdict, ...]:
    """Judge gates on the test rows. The value itself decides, the interval only comments.

    Args:
        gates: on metrics of predictions.
        model: predictions for the test rows.
        baseline: the baseline's, for the same rows.
        columns: texts of the columns that slices name, for the test rows, shape (rows,) each.

    Returns:
        One verdict for each gate, or for each of its slices, in the order of the gates. A gate
        of which no slice could be judged is missed.
    """
    return tuple(verdict for gate in gates for verdict in _judge(gate, model, baseline, columns))


def judge_measured(gates: Iterable[Gate], facts: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Judge gates on what was measured at the container.

    Args:
        gates: on `latency_p99` or `container_size`.
        facts: the values, in milliseconds and MB.
    """
    verdicts = []
    for gate in gates:
        if not isinstance(gate.bound, Quantity):
            raise TypeError(f"{gate} needs a reference that measurements do not have")
        value, bound = facts[gate.metric], gate.bound.value
        verdicts.append(
            Verdict(gate=gate.text, value=value, bound=bound, outcome=_outcome(gate, value, bound))
        )
    return tuple(verdicts)


def passed(verdicts: Iterable[Verdict]) -> bool:
    """Whether no gate was missed."""
    return all(verdict.outcome != "missed" for verdict in verdicts)


def _judge(
    gate: Gate,
    model: Predicted,
    baseline: Predicted,
    columns: Mapping[str, NDArray[np.object_]],
) -> list[Verdict]:
    if isinstance(gate.slice, ForClass) and gate.slice.name not in model.classes:
        known = ", ".join(show(name) for name in model.classes[:10])
        note = f"there is no class {show(gate.slice.name)}; classes are {known}"
        return [Verdict(gate=gate.text, outcome="missed", note=note)]
    found = parts(gate.slice, model, baseline, columns)
    if gate.slice is None:
        return [_verdict(gate, found[0], undefined="missed")]
    large = [part for part in found if part.rows >= gate.floor]
    verdicts = [_verdict(gate, part, undefined="not judged") for part in large]
    verdicts += _small(gate, [part for part in found if part.rows < gate.floor])
    if all(verdict.outcome == "not judged" for verdict in verdicts):
        note = f"no slice could be judged: none has {gate.floor} rows"
        if large:
            note = f"no slice could be judged: {gate.metric} is not defined on any"
        verdicts.append(Verdict(gate=gate.text, outcome="missed", note=note))
    return verdicts


def _small(gate: Gate, small: list[Part]) -> list[Verdict]:
    """Slices under the floor: listed, and not judged."""
    notes = [(part.name, f"{_rows(part.rows)}, fewer than {gate.floor}") for part in small]
    if len(notes) > _MOST_SMALL:
        rest = len(notes) - _MOST_SMALL
        notes = [*notes[:_MOST_SMALL], (f"{rest} more", f"fewer than {gate.floor} rows each")]
    return [
        Verdict(gate=gate.text, slice=name, outcome="not judged", note=note) for name, note in notes
    ]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _verdict(gate: Gate, part: Part, undefined: str) -> Verdict:
    """Judge one part; `undefined` is the outcome where there is no value to judge."""
    fields = {"gate": gate.text, "slice": part.name}
    try:
        value = measure(gate.metric, part.model)
    except UndefinedMetric as why:
        return Verdict.model_validate(
            {**fields, "outcome": undefined, "note": f"{gate.metric} is not defined: {why}"}
        )
    try:
        bound = _bound(gate, part.baseline)
    except UndefinedMetric as why:
        note = f"{gate.metric} is not defined for the baseline: {why}"
        return Verdict.model_validate(
            {**fields, "value": value, "outcome": undefined, "note": note}
        )
    interval = intervals(part.model, [gate.metric])[gate.metric]
    noise = interval.low < bound < interval.high
    note = f"within noise ({interval.low:.4g} to {interval.high:.4g})" if noise else ""
    return Verdict(
        **fields, value=value, bound=bound, outcome=_outcome(gate, value, bound), note=note
    )


def _bound(gate: Gate, baseline: Predicted) -> float:
    """The number that the gate's metric is held against."""
    if isinstance(gate.bound, Quantity):
        return gate.bound.value
    if gate.bound.name != "baseline":
        raise ValueError(f"{gate}: the spec refuses a champion")
    return gate.bound.factor * measure(gate.metric, baseline) + gate.bound.offset.value


def _outcome(gate: Gate, value: float, bound: float) -> str:
    return "passed" if _HOLDS[gate.comparator](value, bound) else "missed"
