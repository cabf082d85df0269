"""A plan with all that can be told of it before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from modelspec.diagnostics import Diagnostic
from modelspec.plan.classes import Class, class_of
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
        sends: what is published where, in words; empty if nothing is.
    """

    plan: Plan
    deployments: tuple[Deployment, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    uncommitted: tuple[str, ...] = ()
    sends: str = ""

    @property
    def name(self) -> str:
        """Of the model."""
        return self.plan.spec.metadata.name

    @property
    def files(self) -> bool:
        """Whether a rendered file will change, or the line that says which version runs."""
        return any(one.files or one.line for one in self.deployments)

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


class Leaving(NamedTuple):
    """What apply removes, because there is no spec or no environment for it any more."""

    name: str
    deployment: Deployment


@dataclass(frozen=True, slots=True)
class Outlooks:
    """What apply will do about all models that were asked for.

    Attributes:
        commit: full id of HEAD.
        everything: whether all models of the repository were asked for: only then it removes.
        uncommitted: specs that are only gone here: to apply, they are still there.
    """

    models: tuple[Outlook, ...]
    leaving: tuple[Leaving, ...] = ()
    commit: str = ""
    everything: bool = False
    uncommitted: tuple[str, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self.leaving and all(one.idle for one in self.models)
