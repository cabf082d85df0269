"""What a change costs and does, in one word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from modelspec.plan.classes import _OF_STAGES, Class, class_of
from modelspec.plan.plan import make_plan
from modelspec.plan.release import Release
from modelspec.plan.tags import Version
from modelspec.stages.execute import STAGES
from tests.plan.conftest import Runner, facts, spec_of

Releaser = Callable[..., Release]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"metadata.owner": "growth"}, "metadata only"),
        ({"metadata.description": "x"}, "metadata only"),
        ({"monitor.slo": {"latency_p99": "100ms"}}, "re-render"),
        ({"metadata.owner": "x", "deploy.replicas": {"max": 5}}, "re-render"),
        ({"container.base": "python:3.12-slim"}, "rebuild image"),
        ({"export": ["tflite", "onnx", "savedmodel"]}, "rebuild image"),
        ({"evaluate.gates": ["roc_auc >= 0.7"]}, "re-evaluate"),
        ({"evaluate.threshold": 0.4}, "re-evaluate"),
        ({"evaluate.threshold": 0.4, "container.base": "python:3.12-slim"}, "re-evaluate"),
        ({"train.epochs": 9}, "retrain"),
        ({"train.epochs": 9, "metadata.owner": "x"}, "retrain"),
        ({"data.ignore": ["id"]}, "retrain"),
    ],
)
@pytest.mark.parametrize("bytes_here", [True, False])
def test_the_most_expensive_step_that_makes_something_new_decides(
    change: dict[str, object], expected: Class, release: Releaser, *, bytes_here: bool
) -> None:
    old = release(spec_of(), facts())
    kept = {(name, made.record["output"]) for name, made in old.steps.items()}
    known = facts(releases=(old,), taken=(Version(1, 0, 0),))
    if bytes_here:
        known = replace(known, kept=frozenset(kept))
    assert class_of(make_plan(spec_of(**change), known), files=True) == expected


def test_it_is_the_same_where_an_earlier_run_made_the_steps_already(
    release: Releaser, run: Runner
) -> None:
    old = release(spec_of(), facts())
    known = facts(releases=(old,), taken=(Version(1, 0, 0),))
    plan, ran = run(make_plan(spec_of(**{"train.epochs": 9}), known))
    assert "train" in ran
    assert plan.next() is None
    assert class_of(plan, files=True) == "retrain"


def test_a_release_that_exists_is_up_to_date_unless_its_files_are_not(release: Releaser) -> None:
    old = release(spec_of(), facts())
    plan = make_plan(spec_of(), facts(releases=(old,), taken=(Version(1, 0, 0),)))
    assert class_of(plan, files=False) == "up to date"
    assert class_of(plan, files=True) == "re-render"


def test_the_page_on_plans_tells_every_class() -> None:
    page = (Path(__file__).parents[2] / "docs" / "plan.md").read_text("utf-8")
    assert [one for one in get_args(Class) if f"\n| {one} |" not in page] == []


def test_a_step_of_every_stage_has_a_class() -> None:
    assert _OF_STAGES.keys() == {*STAGES}
