"""Only what was planned: `apply --plan` refuses when anything has moved since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from modelspec.adapters import plans
from modelspec.diagnostics import Conflict, Diagnostic
from modelspec.plan.basis import Basis, basis, moved
from modelspec.plan.digest import digest
from modelspec.plan.plan import Plan, make_plan
from modelspec.stages import publish
from modelspec.stages.facts import gather
from modelspec.stages.source import Source


def require(
    commit: str, sources: Sequence[Source], wanted: str, *, push: bool, everything: bool
) -> Basis:
    """What the plan of this digest was decided from, if all of it is as it was.

    Args:
        commit: full id of HEAD.
        sources: all that the apply is about.
        wanted: the digest of a plan, `sha256:...`.
        push: whether the apply publishes.
        everything: whether it is about all models of the repository.

    Raises:
        Conflict: something moved; says what, where the plan was made on this machine.
    """
    found = [_from_git(source, push=push) for source in sources]
    now = basis(commit, found, push=push, everything=everything)
    if digest(now) != wanted:
        refuse(plans.known(wanted), now)
    return now


def refuse(then: Basis | None, now: Basis) -> NoReturn:
    """Say that a plan does not hold any more, and what moved.

    Raises:
        Conflict: always.
    """
    what = "; ".join(moved(then, now)) if then else ""
    commit, names = str(now["commit"])[:7], ", ".join(sorted(now["models"]))
    unknown = (
        f"this is no plan of {names} at {commit}: something moved since it was made. It was made "
        "on another machine, so what moved is not known here"
    )
    raise Conflict(
        Diagnostic(
            f"the plan does not hold any more: {what}" if then else unknown,
            hint="look at what would be done now: modelspec plan --json",
        )
    )


def _from_git(found: Source, *, push: bool) -> Plan:
    """The plan as every machine sees it."""
    publishing = publish.target(found.repository, found.tree, push=push).publishing
    return make_plan(found.loaded.spec, replace(gather(found), publishing=publishing))
