"""What a change costs and does, in one word: its class. Pure."""

from __future__ import annotations

from typing import Literal

from modelspec.plan.plan import Plan, Step

Class = Literal[
    "retrain", "re-evaluate", "rebuild image", "re-render", "metadata only", "up to date"
]
_OF_STAGES: dict[str, Class] = {
    "data": "retrain",
    "train": "retrain",
    "evaluate": "re-evaluate",
    "gate": "re-evaluate",
    "export": "rebuild image",
    "reference": "rebuild image",
    "image": "rebuild image",
    "check": "rebuild image",
}
_ORDER: tuple[Class, ...] = ("retrain", "re-evaluate", "rebuild image")


def class_of(plan: Plan, *, files: bool) -> Class:
    """The class of a plan: of its most expensive step that makes something new.

    A step that only brings back bytes that are gone from this machine makes nothing new.

    Args:
        plan: of one model.
        files: whether rendered files change.
    """
    if plan.found:
        return "re-render" if files else "up to date"
    found = {_OF_STAGES[step.rule.stage] for step in plan.steps if makes_new(step)}
    for one in _ORDER:
        if one in found:
            return one
    metadata = [change.path.startswith("metadata.") for change in plan.changes]
    return "metadata only" if metadata and all(metadata) else "re-render"


def makes_new(step: Step) -> bool:
    """Whether a step makes what no release has."""
    return step.action == "reuse" or (step.action == "run" and step.record is None)
