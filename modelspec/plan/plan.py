"""From a spec and the facts to the list of steps, each with its reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from modelspec.plan.difference import Difference, differences
from modelspec.plan.digest import digest, short
from modelspec.plan.facts import Facts
from modelspec.plan.pins import changed_pins
from modelspec.plan.records import DataRecord
from modelspec.plan.release import Release
from modelspec.plan.steps import Rule, at, read_by, rules
from modelspec.plan.tags import Version
from modelspec.plan.version import model_version, next_patch
from modelspec.spec.model import ModelSpec

Action = Literal["keep", "reuse", "run"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan.

    Attributes:
        key: digest of everything the step reads; None until what it takes has been made.
        action: `keep`, as a release has it; `reuse`, an earlier run finished it; `run`.
        reason: why, in a few words.
        record: what it made, unless it still has to run.
    """

    rule: Rule
    key: str | None
    action: Action
    reason: str
    record: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """Such as `train` or `export.onnx`."""
        return self.rule.name


@dataclass(frozen=True, slots=True)
class Plan:
    """What `plan` prints and `apply` does.

    Attributes:
        inputs: digest of all that the model is made from.
        found: the release that these inputs already have.
        previous: the latest release, that changes are told against.
        model: MAJOR.MINOR.0 of the model; None until its data have been read.
        changes: differences of spec and pins to `previous`.
    """

    spec: ModelSpec
    facts: Facts
    inputs: str
    steps: tuple[Step, ...]
    found: Release | None
    previous: Release | None
    model: Version | None
    changes: tuple[Difference, ...]

    @property
    def version(self) -> Version | None:
        """The number of the release; None until it can be known."""
        if self.found:
            return Version.parse(self.found.version)
        return next_patch(self.model, self.facts.numbers) if self.model else None

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)

    def next(self) -> Step | None:
        """The first step that has to run; None if all is made."""
        return next((step for step in self.steps if step.action == "run"), None)


def inputs_digest(spec: ModelSpec, files: Mapping[str, str], pins: Mapping[str, str]) -> str:
    """One digest of the parsed spec, the files it names, and the pins of what is no file.

    A function of the commit alone. Without pins it is what it was before there were any.
    """
    inputs = {"spec": spec.canonical(), "files": dict(files)}
    return digest({**inputs, "pins": dict(pins)} if pins else inputs)


def address(rule: Rule, key: str, facts: Facts) -> str:
    """Where the cache keeps a result: bytes of another toolchain are never taken for ours."""
    toolchain = dict(facts.toolchain)
    if rule.stage in ("image", "check"):
        toolchain |= facts.image_toolchain
    return short(digest({"key": key, "toolchain": toolchain}))


def make_plan(spec: ModelSpec, facts: Facts, wanted: tuple[str, ...] = ()) -> Plan:
    """Decide which steps run, and why. Pure: same arguments, same plan.

    Args:
        spec: what is asked for.
        facts: what there is.
        wanted: steps whose bytes must be on this machine, whatever was released.
    """
    inputs = inputs_digest(spec, facts.files, facts.pins)
    counted = sorted(facts.counted, key=lambda r: Version.parse(r.version))
    same = [release for release in counted if release.inputs == inputs]
    found = max(same, key=lambda r: (r.published, Version.parse(r.version)), default=None)
    previous = counted[-1] if counted else None
    canonical = spec.canonical()
    walk = _Walk(canonical, facts, previous)
    steps = [walk.step(rule) for rule in rules(spec)]
    if found:
        steps = [_as_released(step, found) for step in steps]
    return Plan(
        spec=spec,
        facts=facts,
        inputs=inputs,
        steps=_with_missing_bytes(steps, facts, wanted),
        found=found,
        previous=previous,
        model=walk.model(),
        changes=_changes(previous, canonical, facts) if previous else (),
    )


def _changes(old: Release, spec: Mapping[str, Any], facts: Facts) -> tuple[Difference, ...]:
    return (*differences(old.spec, spec), *changed_pins(old.pins, facts.pins))


class _Walk:
    """Goes down the table once, and carries what is known so far."""

    def __init__(self, spec: Mapping[str, Any], facts: Facts, previous: Release | None) -> None:
        self.spec = spec
        self.facts = facts
        self.previous = previous
        self.keys: dict[str, str] = {}
        self.known: dict[str, Mapping[str, Any]] = {}

    def model(self) -> Version | None:
        if "data" not in self.known or "train" not in self.keys:
            return None
        interface = DataRecord.model_validate(self.known["data"]).schema_.interface()
        return model_version(self.facts.counted, self.facts.numbers, self.keys["train"], interface)

    def step(self, rule: Rule) -> Step:
        waits = [name for name in rule.upstream if name not in self.known]
        if waits and not (rule.version and waits == ["train"] and "train" in self.keys):
            return Step(rule, None, "run", self._first() or f"takes from {waits[-1]}")
        model = self.model()
        version = f"{model.major}.{model.minor}" if model else None
        files, pins = self.facts.files, self.facts.pins
        made = digest(read_by(rule, self.spec, files, pins, version, self._taken))
        self.keys[rule.name] = made
        action, record = self._decide(rule, made)
        if record is not None:
            self.known[rule.name] = record
        reason = {"keep": "up to date", "reuse": "made by an earlier run"}.get(action)
        return Step(rule, made, action, reason or self._why(rule), record)

    def _taken(self, name: str) -> Any:
        step, _, field = name.partition(":")
        return self.known[step].get(field or "output")

    def _decide(self, rule: Rule, made: str) -> tuple[Action, Mapping[str, Any] | None]:
        for release in self.facts.releases:
            if release.key(rule.name) == made:
                return "keep", release.steps[rule.name].record
        finished = self.facts.finished.get((rule.name, address(rule, made, self.facts)))
        return ("reuse", finished) if finished is not None else ("run", None)

    def _first(self) -> str:
        return "" if self.previous else "new"

    def _why(self, rule: Rule) -> str:
        if self.previous is None:
            return self._first()
        if rule.name not in self.previous.steps:
            return "new in the spec"
        changed = [
            str(difference)
            for path in rule.reads
            for difference in differences(at(self.previous.spec, path), at(self.spec, path), path)
        ]
        if rule.files:
            blobs = set(self.previous.sources.values())
            changed += [f"{f} changed" for f, blob in self.facts.files.items() if blob not in blobs]
        pins = changed_pins(rule.pinned(self.previous.pins), rule.pinned(self.facts.pins))
        changed += map(str, pins)
        changed += [
            f"{name} changed"
            for name in rule.upstream
            if self.known.get(name) != _released(self.previous, name)
        ]
        return "; ".join(dict.fromkeys(changed)) or "its contract changed"


def _as_released(step: Step, found: Release) -> Step:
    record = _released(found, step.name) or step.record
    return Step(step.rule, found.key(step.name), "keep", "up to date", record)


def _with_missing_bytes(
    steps: list[Step], facts: Facts, wanted: tuple[str, ...]
) -> tuple[Step, ...]:
    """Also run what was made before, but of which bytes are needed that are gone."""
    by_name = {
        step.name: replace(step, action="run", reason="its bytes are not on this machine")
        if step.name in wanted and _gone(step, facts)
        else step
        for step in steps
    }
    for name in reversed(list(by_name)):
        if by_name[name].action != "run":
            continue
        for need in by_name[name].rule.needs:
            step = by_name[need]
            if _gone(step, facts):
                reason = f"its bytes are not on this machine, {name} needs them"
                by_name[need] = replace(step, action="run", reason=reason)
    return tuple(by_name.values())


def _gone(step: Step, facts: Facts) -> bool:
    """Whether a step was made, and its bytes are not on this machine."""
    return step.record is not None and (step.name, step.record["output"]) not in facts.kept


def _released(release: Release, name: str) -> Mapping[str, Any] | None:
    made = release.steps.get(name)
    return made.record if made else None
