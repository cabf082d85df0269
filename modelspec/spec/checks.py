"""Conflicts between parts of a spec that are each well formed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from modelspec.spec.data import CategoryFeature, NumberFeature
from modelspec.spec.evaluation import Maximize
from modelspec.spec.findings import Finding, repeated
from modelspec.spec.gate_checks import check_gates, unknown_metric
from modelspec.spec.metrics import METRICS, metrics_of
from modelspec.spec.model import ModelSpec
from modelspec.spec.monitoring_checks import check_monitoring
from modelspec.spec.places import Path
from modelspec.spec.runtime_checks import check_runtime
from modelspec.spec.scalar import show
from modelspec.spec.units import percent_text

_TASK: Path = ("task",)
_TARGET: Path = ("data", "target", "column")
_FEATURES: Path = ("data", "features")


def check(spec: ModelSpec) -> Iterator[Finding]:
    """Everything wrong with a spec that its parts alone do not show."""
    yield from _target(spec)
    yield from _columns(spec)
    yield from _split(spec)
    yield from _features(spec)
    yield from _training(spec)
    yield from _metrics(spec)
    yield from _threshold(spec)
    yield from check_gates(spec)
    yield from _serving(spec)
    yield from check_runtime(spec)
    yield from check_monitoring(spec)


def _target(spec: ModelSpec) -> Iterator[Finding]:
    if spec.data.target.positive is not None and spec.task != "binary_classification":
        path = ("data", "target", "positive")
        message = f"only binary classification has a positive class, and the task is {spec.task}"
        yield Finding(path, message, "leave it out", (_TASK,))


def _columns(spec: ModelSpec) -> Iterator[Finding]:
    data, target = spec.data, spec.data.target.column
    ignore: Path = ("data", "ignore")
    yield from repeated(ignore, "data.ignore", data.ignore)
    for index, column in enumerate(data.ignore):
        path = (*ignore, index)
        if column == target:
            yield Finding(
                path, f"{show(column)} is the target and cannot be ignored", "", (_TARGET,)
            )
        elif data.features and column in data.features:
            message = f"{show(column)} is both a feature and ignored"
            yield Finding(path, message, "keep one of the two", ((*_FEATURES, column),))
    if data.features and target in data.features:
        path = (*_FEATURES, target)
        yield Finding(path, f"{show(target)} is the target and cannot be a feature", "", (_TARGET,))
    if data.split.key == target:
        message = f"{show(target)} is the target: rows of one class would all be on one side"
        hint = "name the column that says which rows belong together, or leave it out"
        yield Finding(("data", "split", "key"), message, hint, (_TARGET,))


def _split(spec: ModelSpec) -> Iterator[Finding]:
    split = spec.data.split
    if split.test + split.validation >= Decimal(1):
        both = percent_text(split.test + split.validation)
        paths: tuple[Path, ...] = (("data", "split", "test"), ("data", "split", "validation"))
        message = f"test and validation take {both} of the rows, and leave none to train on"
        yield Finding(paths[0], message, "make them less than 100% together", paths)


def _features(spec: ModelSpec) -> Iterator[Finding]:
    for name, feature in (spec.data.features or {}).items():
        path = (*_FEATURES, name)
        if not isinstance(feature, NumberFeature):
            yield from _category(name, path, feature)
            continue
        if feature.pii and feature.missing == "median":
            message = "the median is the value of one person, and the model would keep it"
            yield Finding((*path, "missing"), message, "write mean, or a number", ((*path, "pii"),))
        low, high, fill = feature.min, feature.max, feature.missing
        if low is not None and high is not None and low > high:
            message = f"min {low:g} is greater than max {high:g}"
            yield Finding((*path, "min"), message, "", ((*path, "max"),))
        elif isinstance(fill, float) and (
            (low is not None and fill < low) or (high is not None and fill > high)
        ):
            message = f"an empty cell would become {fill:g}, which min and max do not allow"
            yield Finding((*path, "missing"), message, "", ((*path, "min"), (*path, "max")))


def _category(name: str, path: Path, feature: CategoryFeature) -> Iterator[Finding]:
    values: Path = (*path, "values")
    yield from repeated(values, f"{show(name)}", feature.values or ())
    pii: tuple[Path, ...] = ((*path, "pii"),)
    if feature.encoding is not None and feature.values is not None:
        message = "a hash needs no list of values: every text has a column"
        yield Finding(values, message, "keep one of the two", ((*path, "encoding"),))
    elif feature.pii and feature.encoding is None:
        message = f"{show(name)} is personal, and the model would keep a list of its values"
        hint = f"write {name}: {{type: category, pii: true, encoding: {{hash: 64}}}}"
        yield Finding((*path, "pii"), message, hint, (values,))
    if feature.pii and feature.missing == "most_frequent":
        message = f"{show(name)} is personal, and the model would keep its most frequent value"
        yield Finding((*path, "missing"), message, "write own_category", pii)


def _training(spec: ModelSpec) -> Iterator[Finding]:
    train, stopping = spec.train, spec.train.early_stopping
    if train.class_weight and spec.task == "regression":
        path: Path = ("train", "class_weight")
        yield Finding(path, "regression has no classes to weigh", "leave it out", (_TASK,))
    path = ("train", "early_stopping", "metric")
    wrong = unknown_metric(stopping.metric, spec.task, ("loss",))
    if wrong:
        yield Finding(path, *wrong, (_TASK,))
    if "patience" in stopping.model_fields_set and stopping.patience >= train.epochs:
        message = f"training never stops early: {train.epochs} epochs are at most its patience"
        reads = (("train", "epochs"),)
        path = ("train", "early_stopping", "patience")
        yield Finding(path, message, "", reads, severity="warning")


def _metrics(spec: ModelSpec) -> Iterator[Finding]:
    path: Path = ("evaluate", "metrics")
    yield from repeated(path, "evaluate.metrics", spec.evaluate.metrics)
    for index, name in enumerate(spec.evaluate.metrics):
        wrong = unknown_metric(name, spec.task)
        if wrong:
            yield Finding((*path, index), *wrong, (_TASK,))


def _threshold(spec: ModelSpec) -> Iterator[Finding]:
    path: Path = ("evaluate", "threshold")
    if "threshold" not in spec.evaluate.model_fields_set:
        return
    if spec.task != "binary_classification":
        message = f"only binary classification has a threshold, and the task is {spec.task}"
        yield Finding(path, message, "leave it out", (_TASK,))
        return
    if not isinstance(spec.evaluate.threshold, Maximize):
        return
    name = spec.evaluate.threshold.maximize
    path = (*path, "maximize")
    wrong = unknown_metric(name, spec.task)
    if wrong:
        yield Finding(path, *wrong, (_TASK,))
    elif not METRICS[name].from_labels:
        known = [n for n in metrics_of(spec.task) if METRICS[n].from_labels]
        message = f"{show(name)} does not depend on the threshold"
        yield Finding(path, message, f"these do: {', '.join(known)}", (_TASK,))


def _serving(spec: ModelSpec) -> Iterator[Finding]:
    yield from repeated(("export",), "export", spec.export)
    low, high = spec.deploy.replicas.min, spec.deploy.replicas.max
    if low > high:
        given = "min" if "min" in spec.deploy.replicas.model_fields_set else "max"
        paths = (("deploy", "replicas", "min"), ("deploy", "replicas", "max"))
        message = f"at least {low} replicas and at most {high} contradict each other"
        yield Finding(("deploy", "replicas", given), message, "", paths)
