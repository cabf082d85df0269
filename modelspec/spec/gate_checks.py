"""What can be said about gates without data: the metric, its direction, its unit, its slice."""

from __future__ import annotations

from collections.abc import Iterator

from modelspec.spec.findings import Finding, Part, repeated
from modelspec.spec.gate import ForClass, Gate, Quantity, Reference
from modelspec.spec.metrics import (
    MANY_CLASSES,
    METRICS,
    OTHER_NAMES,
    Metric,
    container_metrics,
    metrics_of,
)
from modelspec.spec.model import ModelSpec, Task
from modelspec.spec.scalar import show
from modelspec.spec.suggest import did_you_mean

_UNITS = {
    "share": ("", "%"),
    "number": ("",),
    "time": ("ms", "s"),
    "size": ("MB", "kB", "MiB", "KiB"),
}
_TASK = ("task",)


def check_gates(spec: ModelSpec) -> Iterator[Finding]:
    """Everything wrong with the gates of a spec."""
    yield from repeated(("evaluate", "gates"), "evaluate.gates", spec.evaluate.gates)
    for index, gate in enumerate(spec.evaluate.gates):
        path = ("evaluate", "gates", index)
        for part, message, hint in _one(gate, spec):
            reads = (_TASK, ("data", "target")) if part == "slice" else (_TASK,)
            yield Finding(path, message, hint, reads, part)
        for name in gate.columns:
            feature = (spec.data.features or {}).get(name)
            if feature is not None and feature.pii:
                message = f"{show(name)} is personal, and the record would name its values"
                pii = (("data", "features", name, "pii"),)
                yield Finding(path, message, "divide by another column", pii, "slice")


def unknown_metric(name: str, task: Task, more: tuple[str, ...] = ()) -> tuple[str, str] | None:
    """Why a task does not know a metric, and what to write instead; None if it does.

    Args:
        name: of the metric, as written.
        task: of the spec.
        more: other names that are allowed where this one stands.
    """
    known = (*metrics_of(task), *more)
    if name in known:
        return None
    other = OTHER_NAMES.get(name)
    if other in known:
        return f"{show(name)} is not a metric here", f"write {other}"
    if name not in METRICS:
        return f"{show(name)} is not a metric of {task}", did_you_mean(name, known)
    if task == "multiclass_classification" and name in MANY_CLASSES:
        hint = f"write {MANY_CLASSES[name]}"
        return f"{show(name)} is about one class, and a {task} has more than two", hint
    if not METRICS[name].tasks:
        return f"{show(name)} is measured at the container, and only gates know it", ""
    return f"{show(name)} is not a metric of {task}", f"known: {', '.join(known)}"


_Said = tuple[Part, str, str]


def _one(gate: Gate, spec: ModelSpec) -> Iterator[_Said]:
    metric = METRICS.get(gate.metric)
    one_class = isinstance(gate.slice, ForClass) and metric is not None and metric.per_class
    if not (one_class and spec.task == "multiclass_classification"):
        wrong = unknown_metric(gate.metric, spec.task, container_metrics())
        if wrong:
            yield ("metric", *wrong)
            return
    if metric is None:  # pragma: no cover  (unknown_metric has said so)
        return
    yield from _direction(gate, metric)
    yield from _slice(gate, metric, spec)
    if isinstance(gate.bound, Quantity):
        yield from _quantity(gate, gate.bound, metric)
    else:
        yield from _reference(gate.bound, metric)


def _direction(gate: Gate, metric: Metric) -> Iterator[_Said]:
    if metric.better == "greater" and gate.comparator in ("<=", "<"):
        better = gate.comparator.replace("<", ">")
        yield "comparator", f"a greater {metric.name} is better", f"write {better}"
    if metric.better == "less" and gate.comparator in (">=", ">"):
        better = gate.comparator.replace(">", "<")
        yield "comparator", f"a smaller {metric.name} is better", f"write {better}"


def _slice(gate: Gate, metric: Metric, spec: ModelSpec) -> Iterator[_Said]:
    if not metric.tasks:
        if gate.slice:
            yield "slice", f"{metric.name} has no slices: it is not computed from rows", ""
        return
    if isinstance(gate.slice, ForClass):
        if spec.task == "regression":
            yield "slice", "regression has no classes", "write for each COLUMN"
        elif not metric.per_class:
            known = ", ".join(m.name for m in METRICS.values() if m.per_class)
            yield "slice", f"{metric.name} is not defined for one class", f"these are: {known}"
    if spec.data.target.column in gate.columns:
        hint = "" if spec.task == "regression" else "write for class NAME"
        yield "slice", f"{show(spec.data.target.column)} is the target", hint


def _quantity(gate: Gate, bound: Quantity, metric: Metric) -> Iterator[_Said]:
    if bound.unit not in _UNITS[metric.kind]:
        yield "bound", *_unit(bound, metric)
        return
    value, name = bound.value, metric.name
    if metric.kind == "share" and not 0 <= value <= 1:
        # Few people mean 1.5 %: a number that small is rather a slip than a missing sign.
        percent = not bound.unit and 10 <= value <= 100
        hint = f"write {bound}%" if percent else "write a share such as 0.85 or 85%"
        yield "bound", f"{name} is a share between 0 and 1, or 0% and 100%", hint
    elif metric.largest is not None and value > metric.largest:
        yield "bound", f"{name} is never above {metric.largest:g}", ""
    elif value < 0 and metric.better == "less":
        yield "bound", f"{name} is never below 0", ""
    elif (gate.comparator == ">" and value == metric.largest) or (
        gate.comparator == "<" and value == 0 and metric.better == "less"
    ):
        yield "bound", f"{name} {gate.comparator} {bound} can never be met", ""


def _unit(bound: Quantity, metric: Metric) -> tuple[str, str]:
    units = _UNITS[metric.kind]
    number = str(Quantity(bound.number))
    if metric.kind == "number":
        plain = Quantity(round(bound.value, 9)) if bound.unit == "%" else number
        return f"{metric.name} is a plain number, without {bound.unit}", f"write {plain}"
    if metric.kind == "share":
        hint = "write a share such as 0.85 or 85%"
        return f"{metric.name} is a share, and {bound.unit} does not fit", hint
    written = "has no unit" if not bound.unit else f"does not fit {bound.unit}"
    choices = " or ".join(f"{number}{unit}" for unit in units[:2])
    return f"the bound of {metric.name} {written}", f"write {choices}"


def _reference(bound: Reference, metric: Metric) -> Iterator[_Said]:
    if bound.name == "champion":
        yield "bound", "champion is not supported yet", "write a number, or compare with baseline"
        return
    if not metric.tasks:
        yield "bound", f"the baseline has no {metric.name}: it is never built", "write a number"
        return
    offset = bound.offset
    if bound.factor <= 0:
        yield "bound", "the factor must be greater than 0", "write 0.9 * baseline"
    elif offset.unit == "%" and metric.kind != "share":
        sign = -1 if offset.number < 0 else 1
        factor = Quantity(round(1 + sign * abs(offset.value), 6))
        yield (
            "bound",
            f"behind baseline % means percentage points, and {metric.name} is not a share",
            f"write {factor} * baseline",
        )
    elif offset.unit not in _UNITS[metric.kind]:
        yield "bound", f"{metric.name} is not measured in {offset.unit}", ""
    elif metric.kind == "share" and abs(offset.value) >= 1:
        yield "bound", f"{metric.name} is a share: a difference of {offset} is too large", ""
