"""A plan with all that can be told of it before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from modelspec import __version__
from modelspec.diagnostics import Diagnostic
from modelspec.plan.classes import Class, class_of
from modelspec.plan.digest import digest
from modelspec.plan.estimate import estimate
from modelspec.plan.objects import Deployment
from modelspec.plan.plan import Plan


@dataclass(frozen=True)
class Outlook:
    """What apply will do about one model.

    Attributes:
        deployments: what it will write, an entry for each environment.
        warnings: what the user should know; nothing stops because of them.
        uncommitted: paths of what was read here and differs from the commit: apply refuses it.
    """

    plan: Plan
    deployments: tuple[Deployment, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    uncommitted: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the model."""
        return self.plan.spec.metadata.name

    @property
    def files(self) -> bool:
        """Whether a rendered file will change."""
        return any(deployment.files for deployment in self.deployments)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return self.plan.found is not None and self.plan.next() is None and not self.files

    @property
    def change(self) -> Class:
        """What it costs and does, in one word."""
        return class_of(self.plan, files=self.files)

    @cached_property
    def seconds(self) -> dict[str, float]:
        """Estimates of the steps that will run."""
        return estimate(self.plan)


def basis(plans: Sequence[Plan], *, push: bool) -> dict[str, Any]:
    """All that a plan was decided from and that every machine sees alike.

    What one machine has at hand (finished steps, bytes, how long steps took) is left out: it
    decides how much of the work is done already, not what comes of it.

    Args:
        plans: of the models that were asked for, by any order.
        push: whether it is a plan of `apply --push`.
    """
    return {
        "modelspec": __version__,
        "push": push,
        "commit": plans[0].facts.commit if plans else None,
        "models": {plan.spec.metadata.name: _model(plan) for plan in plans},
    }


def basis_digest(basis: Mapping[str, Any]) -> str:
    """The digest that names a plan, for `apply --plan`."""
    return digest(basis)


def _model(plan: Plan) -> dict[str, Any]:
    facts = plan.facts
    readable = {release.tag: digest(release.model_dump(mode="json")) for release in facts.counted}
    name = plan.spec.metadata.name
    return {
        "inputs": plan.inputs,
        "sources": dict(sorted(facts.sources.items())),
        "tags": {f"{name}/v{number}": None for number in facts.numbers} | readable,
    }
