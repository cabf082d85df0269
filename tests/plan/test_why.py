"""`plan --why`: all that a step depends on, and what of it was released."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from modelspec.plan.facts import Facts
from modelspec.plan.pins import BASE
from modelspec.plan.plan import Plan, make_plan
from modelspec.plan.release import Release
from modelspec.plan.tags import Version
from modelspec.plan.why import NOT_MADE, Entry, entries, lines
from tests.plan.conftest import facts, spec_of

Releaser = Callable[..., Release]


def after(release: Release) -> Facts:
    kept = frozenset((name, made.record["output"]) for name, made in release.steps.items())
    return facts(releases=(release,), taken=(Version(1, 0, 0),), kept=kept)


def differing(plan: Plan, step: str) -> list[Entry]:
    return [one for one in entries(plan, plan.step(step)) if one.now != one.released]


@pytest.fixture
def old(release: Releaser) -> Release:
    return release(spec_of(), facts())


def test_nothing_differs_in_what_is_up_to_date(old: Release) -> None:
    plan = make_plan(spec_of(), after(old))
    assert [differing(plan, step.name) for step in plan.steps] == [[] for _ in plan.steps]
    text = "\n".join(lines(plan, plan.step("train")))
    assert text.startswith("churn   train is kept: up to date\n")
    assert "was" not in text


@pytest.mark.parametrize(
    ("change", "step", "expected"),
    [
        ({"train.epochs": 9}, "train", [("spec", "train.epochs", 9, None)]),
        ({"model.layers": [8]}, "train", [("spec", "model.layers", [8], None)]),
        (
            {"evaluate.gates": ["roc_auc >= 0.7"]},
            "gate",
            [("spec", "evaluate.gates", ["roc_auc >= 0.7"], ["roc_auc >= 0.8"])],
        ),
        (
            {"container.base": "a:1"},
            "image",
            [("spec", "container.base", "a:1", None), ("spec", "container", None, None)],
        ),
    ],
)
def test_the_key_of_the_spec_that_differs_is_named_with_both_values(
    change: dict[str, Any], step: str, expected: list[tuple[Any, ...]], old: Release
) -> None:
    plan = make_plan(spec_of(**change), after(old))
    wanted = [Entry(*one) for one in expected if one[2] != one[3]]
    assert differing(plan, step) == wanted


def test_files_and_pins_and_what_is_not_made_yet_are_told(old: Release) -> None:
    known = replace(after(old), files={"data.csv": "d" * 40}, pins={BASE: "sha256:" + "e" * 64})
    plan = make_plan(spec_of(), known)
    assert differing(plan, "data") == [Entry("files", "data.csv", "d" * 40, "b" * 40)]
    (train,) = differing(plan, "train")
    assert train[:3] == ("takes", "data", NOT_MADE)
    assert ("pins", BASE, "sha256:" + "e" * 64, None) in differing(plan, "image")
    text = "\n".join(lines(plan, plan.step("data")))
    assert "data.csv: dddddddddddd" in text
    assert "was bbbbbbbbbbbb" in text


def test_after_a_revert_it_is_compared_with_the_release_of_these_inputs(
    old: Release, release: Releaser
) -> None:
    newer = release(spec_of(**{"train.epochs": 9}), facts(), "1.1.0")
    known = facts(releases=(old, newer), taken=(Version(1, 0, 0), Version(1, 1, 0)))
    plan = make_plan(spec_of(), known)
    assert plan.previous == newer
    assert differing(plan, "train") == []


def test_without_a_release_there_is_nothing_to_compare_with() -> None:
    plan = make_plan(spec_of(), facts())
    assert [differing(plan, step.name) for step in plan.steps] == [[] for _ in plan.steps]
    assert "was" not in "\n".join(lines(plan, plan.step("train")))


def test_it_fits_a_terminal_of_eighty_columns(old: Release) -> None:
    spec = spec_of(**{"evaluate.gates": ["recall >= 0.5 for each country with at least 200 rows"]})
    plan = make_plan(spec, after(old))
    text = [line for step in plan.steps for row in lines(plan, step) for line in row.split("\n")]
    assert max(map(len, text)) <= 79
