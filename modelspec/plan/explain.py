"""A plan in the words that `modelspec plan` prints."""

from __future__ import annotations

from modelspec.plan.plan import Plan, Step
from modelspec.spec.model import ModelSpec
from modelspec.spec.network import Mlp

NAME, WHAT = 9, 46


def headline(plan: Plan) -> str:
    """The model, and what number it has or will get."""
    name = plan.spec.metadata.name
    if plan.found and plan.next() is None:
        return f"{name}   {plan.found.version} is up to date."
    if plan.previous is None:
        return f"{name}   first release: {plan.version or '1.0.0'}"
    old = plan.previous.version
    if plan.version is None:
        return f"{name}   {old} -> a new version, once the data are read"
    return f"{name}   {old} -> {plan.version}"


def lines(plan: Plan) -> list[str]:
    """The headline, then a line for every step with its reason, then what follows them."""
    if plan.found:
        return [headline(plan)]
    text = [headline(plan), *(f"  {change}" for change in plan.changes)]
    text += [_row(step.name, _what(step, plan.spec), step.reason) for step in plan.steps]
    tag = f"tag {plan.spec.metadata.name}/v{plan.version}" if plan.version else "a new tag"
    text.append(_row("release", f"{tag} on {plan.facts.commit[:7]}", ""))
    text.append(_row("render", f"deploy/default/{plan.spec.metadata.name}: 3 files", ""))
    return text


def _row(name: str, what: str, reason: str) -> str:
    stage, _, rest = name.partition(".")
    return f"  {stage:<{NAME}} {f'{rest} {what}'.strip():<{WHAT}}  {reason}".rstrip()


def _what(step: Step, spec: ModelSpec) -> str:
    match step.rule.stage:
        case "data":
            return f"{spec.data.source}, target {spec.data.target.column}"
        case "train":
            shape = "-".join(map(str, spec.model.layers)) if isinstance(spec.model, Mlp) else ""
            return f"{spec.model.type} {shape}".rstrip() + f", up to {spec.train.epochs} epochs"
        case "evaluate":
            return " ".join(spec.evaluate.metrics) or "the usual metrics"
        case "gate":
            return "; ".join(str(gate) for gate in spec.evaluate.gates)
        case "export":
            return "and compare with Keras"
        case "image":
            return f"{spec.serve.runtime} runtime on {spec.container.base}"
        case _:
            return "start it, ask it, compare with Keras"
