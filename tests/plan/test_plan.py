"""Which steps run, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from modelspec.plan.digest import digest
from modelspec.plan.facts import Facts
from modelspec.plan.plan import make_plan
from modelspec.plan.release import Release
from modelspec.plan.steps import read_by, rules
from modelspec.plan.tags import Version
from tests.plan.conftest import Runner, facts, spec_of

EXPORTS = ["export.onnx", "export.tflite"]
MODEL = ["train", "evaluate", "gate", *EXPORTS]
ALL = ["data", *MODEL, "reference", "image", "check"]
Releaser = Callable[..., Release]


def after(release: Release, *, bytes_here: bool = True) -> Facts:
    """A clone that has this release, and its bytes or not."""
    kept = {(name, made.record["output"]) for name, made in release.steps.items()}
    return facts(
        releases=(release,),
        taken=(Version.parse(release.version),),
        kept=frozenset(kept) if bytes_here else frozenset(),
    )


def test_a_first_apply_runs_every_step_in_order_and_is_version_1(run: Runner) -> None:
    plan, ran = run(make_plan(spec_of(), facts()))
    assert ran == ALL
    assert str(plan.version) == "1.0.0"
    assert plan.found is None


def test_the_plan_names_all_steps_before_any_ran() -> None:
    plan = make_plan(spec_of(), facts())
    assert [(s.name, s.action) for s in plan.steps] == [(name, "run") for name in ALL]
    assert {s.reason for s in plan.steps} == {"new"}


def test_the_same_inputs_again_are_the_same_release_even_without_bytes(
    run: Runner, release: Releaser
) -> None:
    first = release(spec_of(), facts())
    plan, ran = run(make_plan(spec_of(), after(first, bytes_here=False)))
    assert ran == []
    assert plan.found == first


@pytest.mark.parametrize(
    ("change", "expected", "version"),
    [
        ({"monitor.slo": {"latency_p99": "100ms"}}, [], "1.0.1"),
        ({"metadata.owner": "growth"}, [], "1.0.1"),
        ({"deploy.replicas": {"max": 5}}, [], "1.0.1"),
        ({"evaluate.gates": ["roc_auc >= 0.7"]}, ["gate"], "1.0.1"),
        ({"evaluate.metrics": ["accuracy"]}, ["evaluate", "gate"], "1.0.1"),
        ({"evaluate.threshold": 0.4}, ["evaluate", "gate"], "1.0.1"),
        ({"container.base": "python:3.12-slim"}, ["image", "check"], "1.0.1"),
        ({"train.epochs": 9}, [*MODEL, "image", "check"], "1.1.0"),
        ({"data.ignore": ["id"]}, ALL, "1.1.0"),
        ({"export": ["tflite", "onnx", "savedmodel"]}, ["export.savedmodel"], "1.0.1"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_change_runs_exactly_what_reads_it(
    change: dict[str, object],
    expected: list[str],
    version: str,
    run: Runner,
    release: Releaser,
) -> None:
    first = release(spec_of(), facts())
    plan, ran = run(make_plan(spec_of(**change), after(first)))
    assert ran == expected
    assert str(plan.version) == version


def test_a_step_whose_bytes_are_gone_runs_again_only_for_a_step_that_needs_them(
    release: Releaser,
) -> None:
    first = release(spec_of(), facts())
    gone = after(first, bytes_here=False)
    plan = make_plan(spec_of(**{"container.base": "python:3.12-slim"}), gone)
    assert [s.name for s in plan.steps if s.action == "run"] == [
        "data",
        "train",
        "export.tflite",
        "reference",
        "image",
        "check",
    ]
    assert "bytes" in plan.step("train").reason


def test_a_step_that_turns_out_the_same_stops_what_follows(run: Runner, release: Releaser) -> None:
    first = release(spec_of(), facts())
    moved = replace(after(first), files={"data.csv": "d" * 40})
    plan = make_plan(spec_of(), moved)
    assert [s.name for s in plan.steps if s.action == "run"] == ALL
    assert "data.csv changed" in plan.step("data").reason


def test_data_that_change_make_a_new_model(run: Runner, release: Releaser) -> None:
    first = release(spec_of(), facts())
    plan, ran = run(make_plan(spec_of(), replace(after(first), files={"data.csv": "d" * 40})))
    assert ran == ALL
    assert str(plan.version) == "1.1.0"


def test_another_toolchain_makes_no_work_by_itself(release: Releaser, run: Runner) -> None:
    first = release(spec_of(), facts())
    newer = replace(after(first), toolchain={"tensorflow": "3.0.0"})
    assert make_plan(spec_of(), newer).next() is None
    _, ran = run(make_plan(spec_of(**{"metadata.owner": "x"}), newer))
    assert ran == []


def test_bytes_of_another_toolchain_are_not_taken_from_the_cache(run: Runner) -> None:
    finished, _ = run(make_plan(spec_of(), facts()))
    _, ran = run(make_plan(spec_of(), replace(finished.facts, toolchain={"tensorflow": "3.0.0"})))
    assert ran == ALL


@pytest.mark.parametrize("step", ["train", "evaluate", "export.onnx", "export.tflite"])
def test_the_seed_is_in_the_key_of_every_step_that_draws(step: str) -> None:
    """Also where the split of the rows, and so the data, happen to stay the same."""
    keys = set()
    for seed in (6, 7):
        spec = spec_of(**{"data.split": {"seed": seed}})
        rule = next(rule for rule in rules(spec) if rule.name == step)
        keys.add(digest(read_by(rule, spec.canonical(), {}, {}, None, lambda _: "the same")))
    assert len(keys) == 2


def test_a_killed_run_goes_on_after_the_last_finished_step(run: Runner) -> None:
    finished, _ = run(make_plan(spec_of(), facts()))
    left = {k: v for k, v in finished.facts.finished.items() if k[0] in ("data", "train")}
    kept = frozenset((step, record["output"]) for (step, _), record in left.items())
    _, ran = run(make_plan(spec_of(), facts(finished=left, kept=kept)))
    assert ran == ALL[2:]


def test_a_tag_without_a_readable_record_takes_its_number() -> None:
    plan = make_plan(spec_of(), facts(taken=(Version(1, 0, 0),)))
    assert plan.found is None


def test_of_two_releases_of_the_same_inputs_the_published_one_counts(release: Releaser) -> None:
    published = release(spec_of(), facts())
    draft = published.model_copy(update={"version": "1.1.0", "published": False})
    known = facts(releases=(published, draft), taken=(Version(1, 0, 0), Version(1, 1, 0)))
    assert make_plan(spec_of(), known).found == published


def test_a_draft_gives_way_when_publishing(release: Releaser) -> None:
    draft = release(spec_of(), facts()).model_copy(update={"published": False})
    plan = make_plan(spec_of(), replace(after(draft), publishing=True))
    assert plan.found is None
    assert plan.next() is None  # what it was made of is used
    assert str(plan.version) == "1.0.0"


def test_the_order_of_keys_and_written_defaults_change_nothing() -> None:
    written = spec_of(train={"batch_size": 32, "epochs": 50})
    assert make_plan(written, facts()).inputs == make_plan(spec_of(), facts()).inputs
