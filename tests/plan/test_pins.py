"""A pin enters the inputs, and the key of exactly the steps that read what it pins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from modelspec.plan.basis import basis
from modelspec.plan.digest import digest
from modelspec.plan.document import document
from modelspec.plan.explain import lines
from modelspec.plan.facts import Facts
from modelspec.plan.outlook import Outlook, Outlooks
from modelspec.plan.pins import BASE, DATA, changed_pins, lock_path, not_pinned, pins_of
from modelspec.plan.plan import inputs_digest, make_plan
from modelspec.plan.release import Release
from modelspec.plan.steps import read_by, rules
from modelspec.plan.tags import Version
from modelspec.spec.model_lock import BasePin, DataPin, ModelLock
from tests.plan.conftest import Runner, facts, spec_of

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
IMAGE = "python:3.11-slim-bookworm"
ALL = ["data", "train", "evaluate", "gate", "export.onnx", "export.tflite"]
ALL += ["reference", "image", "check"]
Releaser = Callable[..., Release]


def after(release: Release, **fields: object) -> Facts:
    """A clone that has this release and its bytes."""
    kept = frozenset((name, made.record["output"]) for name, made in release.steps.items())
    known = facts(releases=(release,), taken=(Version.parse(release.version),), kept=kept)
    return replace(known, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "steps"), [(BASE, {"image"}), (DATA, {"data", "gate"}), ("elsewhere", set())]
)
def test_a_pin_enters_the_keys_of_the_steps_that_read_it(path: str, steps: set[str]) -> None:
    spec = spec_of()

    def keys(pins: dict[str, str]) -> dict[str, str]:
        canonical = spec.canonical()
        return {
            r.name: digest(read_by(r, canonical, {}, pins, "1.0", lambda _: "same"))
            for r in rules(spec)
        }

    none, one, two = keys({}), keys({path: ONE}), keys({path: TWO})
    assert {name for name in none if none[name] != one[name]} == steps
    assert {name for name in none if one[name] != two[name]} == steps


@pytest.mark.parametrize(
    ("path", "expected", "version"), [(BASE, ["image", "check"], "1.0.1"), (DATA, ALL, "1.1.0")]
)
@pytest.mark.parametrize("old", [{}, {"pinned": ONE}], ids=["before not pinned", "moved"])
def test_a_pin_that_is_new_or_moves_runs_exactly_what_reads_it(
    path: str,
    expected: list[str],
    version: str,
    old: dict[str, str],
    run: Runner,
    release: Releaser,
) -> None:
    before = dict.fromkeys([path], ONE) if old else {}
    first = release(spec_of(), facts(pins=before))
    plan = make_plan(spec_of(), after(first, pins={path: TWO}))
    was = ONE[:19] if old else "not pinned"
    assert plan.found is None
    assert [str(change) for change in plan.changes] == [f"{path}: {was} -> {TWO[:19]}"]
    assert plan.step(expected[0]).reason == f"{path}: {was} -> {TWO[:19]}"
    plan, ran = run(plan)
    assert ran == expected
    assert str(plan.version) == version


def test_a_pin_that_is_taken_away_is_told_too(release: Releaser) -> None:
    first = release(spec_of(), facts(pins={BASE: ONE}))
    plan = make_plan(spec_of(), after(first))
    assert plan.step("image").action == "run"
    assert plan.step("image").reason == f"{BASE}: {ONE[:19]} -> not pinned"


def test_a_base_that_moves_in_the_engine_makes_no_work_by_itself(release: Releaser) -> None:
    """With a pin or without: only the commit makes work."""
    for pins in ({}, {BASE: ONE}):
        first = release(spec_of(), facts(pins=pins))
        moved = after(first, pins=pins, image_toolchain={"base": TWO})
        assert make_plan(spec_of(), moved).next() is None


def test_inputs_without_pins_are_what_they_were_before_there_were_any() -> None:
    inputs = inputs_digest(spec_of(), {"data.csv": "b" * 40}, {})
    assert inputs.startswith("sha256:8dc5b996a92dfe9b")
    assert inputs_digest(spec_of(), {"data.csv": "b" * 40}, {BASE: ONE}) != inputs


def test_a_record_without_pins_is_what_it_was_before_there_were_any(release: Releaser) -> None:
    made = release(spec_of(), facts())
    assert "pins" not in made.model_dump(mode="json")
    assert "pins" not in made.lock()["record"]
    pinned = made.model_copy(update={"pins": {BASE: ONE}})
    assert Release.model_validate(pinned.model_dump(mode="json")) == pinned
    assert pinned.lock()["record"]["pins"] == {BASE: ONE}


def test_only_what_the_spec_names_is_pinned() -> None:
    lock = ModelLock(
        lock=1,
        base={IMAGE: BasePin(id=ONE), "other:3.11": BasePin(id=TWO)},
        data={"https://example.org/x.csv": DataPin(sha256="1" * 64, size=3)},
    )
    assert pins_of(spec_of(), lock) == {BASE: ONE}
    assert pins_of(spec_of(**{"container.base": "other:3.11"}), lock) == {BASE: TWO}
    assert pins_of(spec_of(**{"container.base": "third:3.11"}), lock) == {}


def test_a_base_is_pinned_by_the_lock_or_by_its_own_name() -> None:
    assert not_pinned(spec_of(), {}) == {BASE: IMAGE}
    assert not_pinned(spec_of(), {BASE: ONE}) == {}
    by_name = spec_of(**{"container.base": f"python:3.11@{ONE}"})
    assert not_pinned(by_name, {}) == {}


def test_the_plan_says_where_a_base_is_not_pinned() -> None:
    def said(**fields: object) -> str:
        return " ".join(" ".join(lines(Outlook(make_plan(spec_of(), facts(**fields))))).split())

    assert "not pinned" in said()
    assert "not pinned" not in said(pins={BASE: ONE})


def test_programs_are_told_what_is_not_pinned() -> None:
    def told(**fields: object) -> tuple[str, ...]:
        plan = make_plan(spec_of(), facts(**fields))
        decided = basis(plan.facts.commit, [plan], push=False, everything=True)
        (model,) = document(Outlooks((Outlook(plan),)), decided).models
        return model.not_pinned

    assert told() == (BASE,)
    assert told(pins={BASE: ONE}) == ()


def test_changes_of_pins_are_told_in_the_order_of_their_names() -> None:
    assert list(map(str, changed_pins({DATA: ONE, BASE: ONE}, {DATA: TWO}))) == [
        f"{BASE}: {ONE[:19]} -> not pinned",
        f"{DATA}: {ONE[:19]} -> {TWO[:19]}",
    ]


@pytest.mark.parametrize(
    ("spec", "lock"),
    [
        ("model.yaml", "model.lock"),
        ("models/churn/model.yaml", "models/churn/model.lock"),
        ("models/v1.2/churn.yml", "models/v1.2/churn.lock"),
    ],
)
def test_a_lock_lies_beside_its_spec(spec: str, lock: str) -> None:
    assert lock_path(spec) == lock
