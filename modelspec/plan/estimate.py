"""How long steps will take, judging by the last time. Pure, and no part of any key."""

from __future__ import annotations

from collections.abc import Mapping

from modelspec.plan.facts import Facts
from modelspec.plan.plan import Plan
from modelspec.plan.tags import Version


def last_seconds(facts: Facts) -> Mapping[str, float]:
    """What each step of this model took: on this machine, or else where it was released."""
    released = sorted(facts.releases, key=lambda release: Version.parse(release.version))
    found: dict[str, float] = {}
    for release in released:
        found |= release.seconds
    return {**found, **facts.seconds}


def estimate(plan: Plan) -> dict[str, float]:
    """Seconds of the steps that will run, by name; those that never ran are left out."""
    last = last_seconds(plan.facts)
    names = (step.name for step in plan.steps if step.action == "run")
    return {name: last[name] for name in names if name in last}
