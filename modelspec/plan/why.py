"""Why a step runs, or does not: all that enters its key, and what of it was released. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from modelspec.plan.columns import fold, row
from modelspec.plan.difference import shown
from modelspec.plan.plan import Plan, Step
from modelspec.plan.release import Release
from modelspec.plan.steps import read_by

VALUE, WAS = 40, 24
NOT_MADE = "(not made yet)"


class Entry(NamedTuple):
    """One thing that a step reads.

    Attributes:
        kind: `spec`, `files`, `pins`, `takes`, `version` or `format`.
        now: its value; `NOT_MADE` where an earlier step has to run first.
        released: its value in the release; equal to `now` if there is none to compare with.
    """

    kind: str
    name: str
    now: Any
    released: Any


def entries(plan: Plan, step: Step) -> list[Entry]:
    """Everything that enters the key of a step, in the order of the table.

    It is compared with the release that these inputs have, or else with the latest.
    """
    release = plan.found or plan.previous
    now = dict(_flat(_now(plan, step)))
    if release is None or step.name not in release.steps:
        return [Entry(*name, value, value) for name, value in now.items()]
    then = dict(_flat(_then(plan, step, release)))
    names = dict.fromkeys([*now, *then])
    return [Entry(*name, now.get(name), then.get(name)) for name in names]


def lines(plan: Plan, step: Step) -> Iterator[str]:
    """What `plan --why` prints of one step: each entry, and what it was where it differs."""
    release = plan.found or plan.previous
    does = {"run": "runs", "keep": "is kept", "reuse": "is taken from an earlier run"}
    yield from fold(
        f"{plan.spec.metadata.name}   {step.name} {does[step.action]}: {step.reason}", 78
    )
    key = step.key[:19] if step.key else NOT_MADE
    old = release.key(step.name) if release else None
    compared = f"in {release.version}: {old[:19]}" if release and old else ""
    yield row("key", [(key, len("sha256:") + 12), (compared, VALUE)])
    above = ""
    for entry in entries(plan, step):
        was = "" if entry.now == entry.released else f"was {_text(entry, entry.released)}"
        now = _text(entry, entry.now)
        text = f"{entry.name}: {now}" if entry.name else now
        yield row(entry.kind if entry.kind != above else "", [(text, VALUE), (was, WAS)])
        above = entry.kind


def _now(plan: Plan, step: Step) -> Mapping[str, Any]:
    facts = plan.facts
    model = plan.model
    version = f"{model.major}.{model.minor}" if model else NOT_MADE

    def taken(name: str) -> Any:
        made, _, field = name.partition(":")
        record = plan.step(made).record
        return NOT_MADE if record is None else record.get(field or "output")

    return read_by(step.rule, plan.spec.canonical(), facts.files, facts.pins, version, taken)


def _then(plan: Plan, step: Step, release: Release) -> Mapping[str, Any]:
    def taken(name: str) -> Any:
        made, _, field = name.partition(":")
        found = release.steps.get(made)
        return found.record.get(field or "output") if found else None

    folder = posixpath.dirname(plan.facts.spec_path)
    names = {*plan.facts.files, release.spec["data"]["source"]}
    blobs = {n: release.sources.get(posixpath.normpath(posixpath.join(folder, n))) for n in names}
    files = {name: blob for name, blob in blobs.items() if blob}
    version = release.version.rpartition(".")[0]
    return read_by(step.rule, release.spec, files, release.pins, version, taken)


def _flat(read: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    """Kind and name of each thing that is read; of the spec each single key."""
    yield ("format", ""), read["format"]
    for path, value in read["spec"].items():
        yield from _keys(path, value)
    for kind in ("files", "pins", "takes"):
        yield from (((kind, name), value) for name, value in read.get(kind, {}).items())
    if read["version"]:
        yield ("version", ""), read["version"]


def _keys(path: str, value: Any) -> Iterator[tuple[tuple[str, str], Any]]:
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _keys(f"{path}.{name}", item)
    else:
        yield ("spec", path), value


def _text(entry: Entry, value: Any) -> str:
    """A value in a line; of a digest or an object id so much that it can be told from others."""
    if value is None and entry.kind != "spec":
        return "(none)"
    if isinstance(value, str) and value.startswith("sha256:"):
        return value[:19]
    return str(value)[:12] if entry.kind == "files" else shown(value)
