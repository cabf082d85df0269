"""Conflicts between what is to be watched and what there is to watch it by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from modelspec.serving.contract import DURATION_BUCKETS
from modelspec.spec.findings import Finding
from modelspec.spec.gate_checks import unknown_metric
from modelspec.spec.metrics import METRICS, metrics_of
from modelspec.spec.model import ModelSpec, Task
from modelspec.spec.monitoring import Quality
from modelspec.spec.places import Path
from modelspec.spec.scalar import show
from modelspec.spec.units import duration_text

_TASK: Path = ("task",)
_DRIFT: Path = ("monitor", "drift")
_QUALITY: Path = ("monitor", "quality")
_FEEDBACK: Path = ("serve", "feedback")


def check_monitoring(spec: ModelSpec) -> Iterator[Finding]:
    """Everything wrong with `monitor` that its parts alone do not show."""
    yield from _latency(spec)
    yield from _drift(spec)
    if spec.monitor.quality:
        yield from _feedback(spec)
        yield from _quality(spec.monitor.quality, spec.task)


def _latency(spec: ModelSpec) -> Iterator[Finding]:
    wanted = spec.monitor.slo.latency_p99
    buckets = [timedelta(microseconds=round(bucket * 1_000_000)) for bucket in DURATION_BUCKETS]
    if wanted in buckets:
        return
    below = [duration_text(b) for b in buckets if b < wanted][-1:]
    above = [duration_text(b) for b in buckets if b > wanted][:1]
    message = (
        f"the runtime counts requests in fixed buckets, and {duration_text(wanted)} is not one"
    )
    hint = f"write {' or '.join(below + above)}"
    yield Finding(("monitor", "slo", "latency_p99"), message, hint)


def _drift(spec: ModelSpec) -> Iterator[Finding]:
    drift = spec.monitor.drift
    if drift and drift.warn >= drift.alert:
        given = "warn" if "warn" in drift.model_fields_set else "alert"
        message = f"a warning above {drift.warn:g} is not before an alert above {drift.alert:g}"
        paths: tuple[Path, ...] = ((*_DRIFT, "warn"), (*_DRIFT, "alert"))
        yield Finding((*_DRIFT, given), message, "make warn less than alert", paths)


def _feedback(spec: ModelSpec) -> Iterator[Finding]:
    """Told at both lines, where there are two."""
    if spec.serve.feedback:
        return
    message = "monitor.quality needs late labels, and serve.feedback is not true"
    if "serve" not in spec.model_fields_set:
        hint = "add at the top level a line such as `serve: {feedback: true}`"
        yield Finding(_QUALITY, message, hint, (_FEEDBACK,))
        return
    yield Finding(_QUALITY, message, "", (_FEEDBACK,))
    given = "feedback" in spec.serve.model_fields_set
    hint = "write true" if given else "add below `serve:` a line such as `feedback: true`"
    yield Finding(_FEEDBACK, message, hint, (_QUALITY,))


def _quality(quality: Quality, task: Task) -> Iterator[Finding]:
    name, path = quality.metric, (*_QUALITY, "metric")
    wrong = unknown_metric(name, task)
    if wrong:
        yield Finding(path, *wrong, (_TASK,))
        return
    metric = METRICS[name]
    if not metric.counted:
        known = ", ".join(other for other in metrics_of(task) if METRICS[other].counted)
        message = f"{show(name)} cannot be counted pair by pair"
        yield Finding(path, message, f"these can: {known}", (_TASK,))
    elif quality.alert <= 0 or (metric.kind == "share" and quality.alert >= 1):
        bounds = "between 0 and 1" if metric.kind == "share" else "above 0"
        message = f"an alert of {name} needs a bound {bounds}, not {quality.alert:g}"
        percent = metric.kind == "share" and 1 < quality.alert < 100
        hint = f"write {quality.alert / 100:g}" if percent else ""
        yield Finding((*_QUALITY, "alert"), message, hint, (path,))
