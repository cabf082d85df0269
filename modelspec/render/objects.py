"""Kubernetes objects against one another: does what one names exist in the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

Object = Mapping[str, Any]

_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")  # of a Service, the strictest of all kinds
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_LONGEST = 63
_ANNOTATIONS_BYTES = 256 * 1024


def problems(objects: Sequence[Object]) -> Iterator[tuple[Object, str]]:
    """What a cluster would refuse, or what would select nothing there: each of which object."""
    seen: set[str] = set()
    for one in objects:
        together = _CHECKS.get(str(one.get("kind")), _nothing)
        yield from ((one, text) for text in (*_metadata(one), *together(one, objects)))
        if title(one) in seen:
            yield one, "is there twice"
        seen.add(title(one))


def title(one: Object) -> str:
    """Kind and name, for messages."""
    return f"{one.get('kind')} {at(one, 'metadata', 'name')}"


def at(value: Any, *path: str) -> Any:
    """The value at a path of keys; None where a key is missing."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def mapping(value: Any, *path: str) -> Mapping[str, Any]:
    """The mapping at a path; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def mappings(value: Any, *path: str) -> list[Mapping[str, Any]]:
    """The mappings in the list at a path; empty where there is none."""
    found = at(value, *path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _metadata(one: Object) -> Iterator[str]:
    name = at(one, "metadata", "name")
    if not isinstance(name, str) or len(name) > _LONGEST or not _NAME.fullmatch(name):
        yield f"its name must be a DNS label of at most {_LONGEST} characters"
    for where in (("metadata",), ("spec", "template", "metadata")):
        labels, annotations = mapping(one, *where, "labels"), mapping(one, *where, "annotations")
        for key in (*labels, *annotations):
            if not _is_key(key):
                yield f"{key} is not a key that a label or an annotation can have"
        for key, text in labels.items():
            if not isinstance(text, str) or not _is_label_value(text):
                yield f"the value of the label {key} must be short text of letters and digits"
        yield from (
            f"the annotation {key} must be text"
            for key, text in annotations.items()
            if not isinstance(text, str)
        )
        if sum(len(f"{key}{text}".encode()) for key, text in annotations.items()) > (
            _ANNOTATIONS_BYTES
        ):
            yield "its annotations are larger than 256 KiB"


@lru_cache(maxsize=256)
def _is_key(key: str) -> bool:
    """Whether a label or an annotation can have this key; the objects of a model share theirs."""
    return len(key.rpartition("/")[2]) <= _LONGEST and _KEY.fullmatch(key) is not None


@lru_cache(maxsize=256)
def _is_label_value(text: str) -> bool:
    return len(text) <= _LONGEST and _LABEL_VALUE.fullmatch(text) is not None


def _deployment(one: Object, objects: Sequence[Object]) -> Iterator[str]:
    pod = mapping(one, "spec", "template")
    yield from _selects(at(one, "spec", "selector", "matchLabels"), [pod], "pod")
    account = at(pod, "spec", "serviceAccountName")
    if account and f"ServiceAccount {account}" not in map(title, objects):
        yield f"there is no ServiceAccount {account}"
    volumes = [volume.get("name") for volume in mappings(pod, "spec", "volumes")]
    for container in mappings(pod, "spec", "containers"):
        for mount in mappings(container, "volumeMounts"):
            if mount.get("name") not in volumes:
                yield f"there is no volume {mount.get('name')} to mount"
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            port = at(container, probe, "httpGet", "port")
            if port is not None and port not in _ports([pod]):
                yield f"the {probe} asks the port {port}, which no container has"


def _service(one: Object, objects: Sequence[Object]) -> Iterator[str]:
    pods = _pods(objects)
    yield from _selects(at(one, "spec", "selector"), pods, "pod")
    wanted = (port.get("targetPort", port.get("port")) for port in mappings(one, "spec", "ports"))
    yield from _missing(wanted, pods)


def _network_policy(one: Object, objects: Sequence[Object]) -> Iterator[str]:
    pods = _pods(objects)
    yield from _selects(at(one, "spec", "podSelector", "matchLabels"), pods, "pod")
    rules = mappings(one, "spec", "ingress")
    yield from _missing((port.get("port") for r in rules for port in mappings(r, "ports")), pods)


def _disruption_budget(one: Object, objects: Sequence[Object]) -> Iterator[str]:
    yield from _selects(at(one, "spec", "selector", "matchLabels"), _pods(objects), "pod")


def _autoscaler(one: Object, objects: Sequence[Object]) -> Iterator[str]:
    target = mapping(one, "spec", "scaleTargetRef")
    named = f"{target.get('kind')} {target.get('name')}"
    found = [d for d in objects if title(d) == named]
    if not found:
        yield f"there is no {named} to scale"
    elif at(found[0], "spec", "replicas") is not None:
        yield f"{named} has a fixed number of replicas, and the two would fight"


def _service_monitor(one: Object, objects: Sequence[Object]) -> Iterator[str]:
    services = [s for s in objects if s.get("kind") == "Service"]
    yield from _selects(at(one, "spec", "selector", "matchLabels"), services, "Service")
    names = [port.get("name") for s in services for port in mappings(s, "spec", "ports")]
    for endpoint in mappings(one, "spec", "endpoints"):
        if endpoint.get("port") not in names:
            yield f"no Service has a port called {endpoint.get('port')}"


def _nothing(_one: Object, _objects: Sequence[Object]) -> Iterator[str]:
    yield from ()


_CHECKS: dict[str, Callable[[Object, Sequence[Object]], Iterator[str]]] = {
    "Deployment": _deployment,
    "Service": _service,
    "NetworkPolicy": _network_policy,
    "PodDisruptionBudget": _disruption_budget,
    "HorizontalPodAutoscaler": _autoscaler,
    "ServiceMonitor": _service_monitor,
}


def _pods(objects: Sequence[Object]) -> list[Mapping[str, Any]]:
    return [mapping(d, "spec", "template") for d in objects if d.get("kind") == "Deployment"]


def _ports(pods: Iterable[Object]) -> list[Any]:
    """Names and numbers of the ports of pods."""
    ports = [
        port
        for pod in pods
        for container in mappings(pod, "spec", "containers")
        for port in mappings(container, "ports")
    ]
    return [value for port in ports for value in (port.get("name"), port.get("containerPort"))]


def _missing(wanted: Iterable[Any], pods: Iterable[Object]) -> Iterator[str]:
    known = _ports(pods)
    yield from (f"no container has the port {port}" for port in wanted if port not in known)


def _selects(selector: Any, targets: Iterable[Object], what: str) -> Iterator[str]:
    if not isinstance(selector, Mapping) or not selector:
        yield f"its selector is empty and would select every {what}"
        return
    labels = [mapping(target, "metadata", "labels") for target in targets]
    if not any(all(one.get(k) == v for k, v in selector.items()) for one in labels):
        yield f"its selector matches no {what}"
