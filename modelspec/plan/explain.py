"""A plan in the words that `modelspec plan` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelspec.plan.classes import makes_new
from modelspec.plan.columns import NAME, WIDTH, fold, row, took
from modelspec.plan.objects import Deployment
from modelspec.plan.objects_text import change_lines
from modelspec.plan.outlook import Leaving, Outlook
from modelspec.plan.pins import BASE, not_pinned
from modelspec.plan.plan import Plan, Step
from modelspec.plan.steps import GATES_OF_THE_CONTAINER
from modelspec.plan.tags import Version
from modelspec.spec.metrics import default_metrics
from modelspec.spec.network import Mlp

WHAT, REASON, TIME = 33, 22, 7
INDENT = 2 + NAME + 1
CHANGES = 12
_ALL = WIDTH - INDENT


def headline(one: Outlook) -> str:
    """The model, what number it has or will get, and what that costs."""
    plan = one.plan
    if plan.found and plan.next() is None:
        if one.idle:
            return f"{one.name}   {plan.found.version} is up to date."
        return f"{one.name}   {plan.found.version} is released, its files are out of date"
    version = _version(plan)
    if plan.previous is None:
        return f"{one.name}   first release" + (f": {version}" if version else "")
    old = plan.previous.version
    number = f"{old} -> {version}" if version else f"{old} -> a new version"
    return f"{one.name}   {number}   {one.change}"


def lines(one: Outlook) -> list[str]:
    """The headline, then a row for every step with its reason, then what follows them."""
    plan = one.plan
    text = [headline(one)]
    if one.idle:
        return text
    if not plan.found:
        for change in plan.changes:
            text += [f"  {line}" for line in fold(str(change), WIDTH - 2)]
    text += _steps(one)
    if not plan.found:
        version = _version(plan)
        tag = f"tag {one.name}/v{version}" if version else "a new tag"
        text.append(row("release", [(f"{tag} on {plan.facts.commit[:7]}", _ALL)]))
        if one.sends:
            text.append(row("publish", [(one.sends, _ALL)]))
    runs = str(_version(plan) or "a new version")
    for deployment in one.deployments:
        text += _line(deployment, one.name, runs)
        text += _deployment(deployment, one.name)
    return text


def lines_of_leaving(one: Leaving) -> list[str]:
    """What is removed, because nothing asks for it any more."""
    text = [f"{one.name}   nothing asks for it any more", *_line(one.deployment, one.name, "")]
    if one.deployment.files:
        folder = f"deploy/{one.deployment.environment}/{one.name}"
        files = f"{folder}: {_files(one.deployment)}, {_count(one.deployment.removed)} gone"
        text.append(row("remove", [(files, _ALL)]))
    return text


def _steps(one: Outlook) -> Iterator[str]:
    """Each step that makes something, with its time where that is known; the others in one row."""
    kept = []
    room = (WHAT, REASON) if one.seconds else (WHAT + 5, REASON + 4)
    for step in one.plan.steps:
        if step.action == "run" or makes_new(step):
            texts = (_what(step, one.plan), step.reason)
            time = f"~{took(one.seconds[step.name])}" if step.name in one.seconds else ""
            yield row(step.name, [*zip(texts, room, strict=True), (f"{time:>{TIME}}", TIME)])
        else:
            kept.append(step.name)
    if kept and not one.plan.found:
        yield row("kept", [(", ".join(kept), _ALL)])


def _line(one: Deployment, name: str, version: str) -> Iterator[str]:
    """The version line; `version` is what runs, "" if nothing does."""
    if one.line:
        old = one.line.old or "nothing"
        text = f"{one.line.file}: {name} {old} -> {version or 'nothing'}"
        yield row("promote", [(text, _ALL)])


def _deployment(one: Deployment, name: str) -> Iterator[str]:
    if not one.files:
        return
    new = f", {_count(one.added)} new" if one.added else ""
    gone = f", {_count(one.removed)} gone" if one.removed else ""
    restarts = "; pods restart" if one.restarts else ""
    folder = f"deploy/{one.environment}/{name}"
    yield row("render", [(f"{folder}: {_files(one)}{new}{gone}{restarts}", _ALL)])
    above = ""
    for change in one.changes[:CHANGES]:
        if change.title != above:
            yield from _indented(fold(change.title, WIDTH - INDENT))
        above = change.title
        yield from _indented(change_lines(change, WIDTH - INDENT - 2), 2)
    if len(one.changes) > CHANGES:
        more = len(one.changes) - CHANGES
        yield from _indented([f"and {more} more changes: modelspec plan --json"])


def _indented(lines: Sequence[str], deeper: int = 0) -> Iterator[str]:
    return (f"{'':<{INDENT + deeper}}{line}" for line in lines)


def _files(one: Deployment) -> str:
    return ", ".join(one.files) if len(one.files) < 3 else f"{len(one.files)} files"


def _count(objects: tuple[str, ...]) -> str:
    return f"{len(objects)} object{'' if len(objects) == 1 else 's'}"


def _version(plan: Plan) -> Version | None:
    """The number of the release, also where no data have to be read to know it."""
    first = plan.previous is None and not plan.facts.numbers
    return plan.version or (Version(1, 0, 0) if first else None)


def _what(step: Step, plan: Plan) -> str:
    spec = plan.spec
    shape = "-".join(map(str, spec.model.layers)) if isinstance(spec.model, Mlp) else ""
    network = f"{spec.model.type} {shape}".rstrip()
    late = step.name != "gate"
    gates = [g for g in spec.evaluate.gates if (g.metric in GATES_OF_THE_CONTAINER) == late]
    unpinned = ", not pinned" if BASE in not_pinned(spec, plan.facts.pins) else ""
    what = {
        "data": f"{spec.data.source}, target {spec.data.target.column}",
        "train": f"{network}, up to {spec.train.epochs} epochs",
        "evaluate": ", ".join(spec.evaluate.metrics or default_metrics(spec.task)),
        "gate": "; ".join(map(str, gates)),
        "export": "and compare with Keras",
        "reference": "training rows in bins, to see drift",
        "image": f"{spec.serve.runtime} on {spec.container.base}{unpinned}",
        "check": "start it, ask it, compare with Keras",
    }
    return what[step.rule.stage]
