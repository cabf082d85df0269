"""From the bytes of a `model.yaml` to a `ModelSpec`, or to every problem with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from modelspec.diagnostics import Diagnostic, InputError, in_order
from modelspec.spec.checks import check
from modelspec.spec.findings import Finding
from modelspec.spec.gate import GateError, offsets
from modelspec.spec.header import check_header
from modelspec.spec.model import ModelSpec
from modelspec.spec.places import Path, Places
from modelspec.spec.source import MAX_PROBLEMS, Source, read
from modelspec.spec.validate import Outcome, limited, validate

# What stands in for required keys that are missing or wrong, so that the rest can be checked.
_STAND_INS: Mapping[str, Any] = {
    "apiVersion": "modelspec/v1",
    "kind": "Model",
    "metadata": {"name": "x"},
    "task": "regression",
    "data": {"source": "x.csv", "target": {"column": "-"}},
    "model": {"type": "linear"},
}
MAX_WRONG = 500  # with more, the first of them say enough, and the rest is not checked
_STAND_IN_GATE = "latency_p99 <= 1s"  # right for every task


@dataclass(frozen=True, slots=True)
class Loaded:
    """A spec that is right, with the places of its keys for later messages."""

    spec: ModelSpec
    places: Places
    warnings: tuple[Diagnostic, ...] = ()


def load(content: bytes, file: str) -> Loaded:
    """Read and check a `model.yaml`.

    Args:
        content: its bytes, UTF-8.
        file: its name, for messages.

    Raises:
        InputError: every problem there is, in the order of the file.
    """
    source = read(content, file)
    check_header(source, "Model")
    outcome = validate(ModelSpec, "Model", source)
    problems = [*source.problems, *outcome.diagnostics]
    spec = outcome.value or _stand_in(source, outcome)
    findings = _findings(spec, outcome.wrong) if spec else []
    said = [_diagnostic(f, source.places) for f in findings]
    problems += (d for d in said if d.severity == "error")
    if problems or outcome.value is None:
        raise InputError(*limited(in_order(problems)))
    warnings = tuple(in_order(d for d in said if d.severity == "warning"))
    return Loaded(outcome.value, source.places, warnings)


@dataclass(frozen=True, slots=True)
class Head:
    """What a spec is selected by, as it stands there; empty where it does not."""

    name: str = ""
    owner: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def head_of(content: bytes) -> Head | None:
    """What a spec says of itself, without checking the rest; None if it cannot be read."""
    try:
        node = read(content, "").places.find(("metadata",))
    except InputError:
        return None
    found = node.value if node else None
    about: Mapping[str, Any] = found if isinstance(found, dict) else {}
    labels = about.get("labels")
    given = labels if isinstance(labels, dict) else {}
    texts = {key: _text(value) for key, value in given.items()}
    return Head(_text(about.get("name")), _text(about.get("owner")), texts)


def _text(value: object) -> str:
    return str(value) if isinstance(value, str) else ""


def name_of(content: bytes) -> str | None:
    """The name that a spec gives itself, without checking the rest; None if it has none."""
    head = head_of(content)
    return head.name or None if head else None


def _findings(spec: ModelSpec, wrong: frozenset[Path]) -> list[Finding]:
    """What checks find where all that they looked at is right by itself, up to a number."""
    above = {path[:length] for path in wrong for length in range(1, len(path) + 1)}

    def is_right(path: Path) -> bool:
        enclosing = (path[:length] for length in range(1, len(path)))
        return path not in above and wrong.isdisjoint(enclosing)

    standing = (f for f in check(spec) if all(map(is_right, (f.path, *f.reads))))
    return list(islice(standing, MAX_PROBLEMS + 1))


def _diagnostic(finding: Finding, places: Places) -> Diagnostic:
    location = places.value(finding.path)
    node = places.find(finding.path)
    if finding.part and node and isinstance(node.value, str):
        try:
            parts = offsets(node.value)[1]
        except GateError:  # pragma: no cover  (a gate that cannot be read has no findings)
            parts = {}
        location = places.within(finding.path, parts.get(finding.part, 0))
    return Diagnostic(
        finding.message,
        location,
        finding.hint,
        places.excerpt(location),
        severity=finding.severity,
    )


def _stand_in(source: Source, outcome: Outcome[ModelSpec]) -> ModelSpec | None:
    """A spec of all that is right, with stand-ins for the rest; None if none can be made."""
    if len(outcome.wrong) > MAX_WRONG:
        return None
    wrong = outcome.wrong
    for _ in range(3):  # taking away a part can leave an empty mapping behind, which is wrong too
        tree = _filled(_without(source.tree, (), wrong), _STAND_INS)
        attempt = validate(ModelSpec, "Model", source, tree)
        if attempt.value:
            return attempt.value
        wrong = wrong | attempt.wrong
    return None


def _without(value: Any, path: Path, wrong: frozenset[Path]) -> Any:
    if isinstance(value, dict):
        return {
            key: _without(item, (*path, key), wrong)
            for key, item in value.items()
            if (*path, key) not in wrong
        }
    if isinstance(value, tuple) and path == ("evaluate", "gates"):
        items = enumerate(value)
        return tuple(_STAND_IN_GATE if (*path, i) in wrong else item for i, item in items)
    if isinstance(value, tuple):
        items = enumerate(value)
        return tuple(_without(x, (*path, i), wrong) for i, x in items if (*path, i) not in wrong)
    return value


def _filled(tree: Any, stand_ins: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(tree)
    for key, stand_in in stand_ins.items():
        if isinstance(stand_in, dict) and isinstance(filled.get(key), dict):
            filled[key] = _filled(filled[key], stand_in)
        else:
            filled.setdefault(key, stand_in)
    return filled
