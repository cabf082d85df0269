from __future__ import annotations

from collections.abc import Callable

from modelspec.plan.estimate import estimate, last_seconds
from modelspec.plan.plan import make_plan
from modelspec.plan.release import Release
from modelspec.plan.tags import Version
from tests.plan.conftest import facts, spec_of

Releaser = Callable[..., Release]


def test_this_machine_knows_better_than_the_one_that_released(release: Releaser) -> None:
    first = release(spec_of(), facts(), "1.9.0").model_copy(
        update={"seconds": {"train": 1.0, "check": 4.0}}
    )
    second = first.model_copy(update={"version": "1.10.0", "seconds": {"train": 2.0}})
    assert last_seconds(facts(releases=(second, first))) == {"train": 2.0, "check": 4.0}
    here = facts(releases=(first, second), seconds={"train": 3.0})
    assert last_seconds(here) == {"train": 3.0, "check": 4.0}


def test_only_steps_that_run_are_estimated(release: Releaser) -> None:
    old = release(spec_of(), facts())
    kept = frozenset((name, made.record["output"]) for name, made in old.steps.items())
    known = facts(
        releases=(old,),
        taken=(Version(1, 0, 0),),
        kept=kept,
        seconds={"train": 9.0, "gate": 0.1},
    )
    plan = make_plan(spec_of(**{"evaluate.gates": ["roc_auc >= 0.7"]}), known)
    assert estimate(plan) == {"gate": 0.1}


def test_how_long_it_took_is_in_no_lock(release: Releaser) -> None:
    old = release(spec_of(), facts())
    slow = old.model_copy(update={"seconds": {"train": 900.0}})
    assert slow.lock() == old.lock()
