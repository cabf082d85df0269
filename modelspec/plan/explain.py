"""A plan in the words that `modelspec plan` prints."""

from __future__ import annotations

from modelspec.plan.columns import WIDTH, fold, row
from modelspec.plan.pins import BASE, not_pinned
from modelspec.plan.plan import Plan, Step
from modelspec.plan.steps import GATES_OF_THE_CONTAINER
from modelspec.plan.tags import Version
from modelspec.spec.metrics import default_metrics
from modelspec.spec.network import Mlp

WHAT, REASON = 39, 26


def headline(plan: Plan) -> str:
    """The model, and what number it has or will get."""
    name = plan.spec.metadata.name
    if plan.found and plan.next() is None:
        return f"{name}   {plan.found.version} is up to date."
    version = _version(plan)
    if plan.previous is None:
        return f"{name}   first release" + (f": {version}" if version else "")
    old = plan.previous.version
    if version is None:
        return f"{name}   {old} -> a new version, once the data are read"
    return f"{name}   {old} -> {version}"


def lines(plan: Plan) -> list[str]:
    """The headline, then a row for every step with its reason, then what follows them."""
    if plan.found:
        return [headline(plan)]
    text = [headline(plan)]
    for change in plan.changes:
        text += [f"  {line}" for line in fold(change, WIDTH - 2)]
    for step in plan.steps:
        text.append(row(step.name, [(_what(step, plan), WHAT), (step.reason, REASON)]))
    name, version = plan.spec.metadata.name, _version(plan)
    tag = f"tag {name}/v{version}" if version else "a new tag"
    text.append(row("release", [(f"{tag} on {plan.facts.commit[:7]}", WHAT + REASON)]))
    text.append(row("render", [(f"deploy/default/{name}: 3 files", WHAT + REASON)]))
    return text


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
        "image": f"{spec.serve.runtime} on {spec.container.base}{unpinned}",
        "check": "start it, ask it, compare with Keras",
    }
    return what[step.rule.stage]
