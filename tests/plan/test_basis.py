"""What moved between two bases of a plan, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from modelspec.plan.basis import Basis, basis, moved
from modelspec.plan.facts import Facts
from modelspec.plan.pins import BASE
from modelspec.plan.plan import make_plan
from modelspec.plan.release import Release
from modelspec.plan.tags import Version
from tests.plan.conftest import facts, spec_of


def of(*known: Facts, push: bool = False, everything: bool = False) -> Basis:
    names = ("churn", "wine")
    plans = [
        make_plan(spec_of(**{"metadata.name": name}), one)
        for name, one in zip(names, known, strict=False)
    ]
    return basis(known[0].commit, plans, push=push, everything=everything)


def test_nothing_moved_between_two_looks_at_the_same() -> None:
    assert list(moved(of(facts()), of(facts()))) == []


def test_a_commit_a_file_and_a_tag_are_named(release: Callable[..., Release]) -> None:
    first = release(spec_of(), facts())
    other = first.model_copy(update={"inputs": "sha256:0"})
    sources = {"models/churn/model.yaml": "f" * 40, "models/churn/data.csv": "b" * 40}
    before = facts(releases=(first,), taken=(Version(1, 0, 0), Version(1, 1, 0)))
    now = replace(
        before,
        commit="d" * 40,
        sources=sources,
        releases=(other,),
        taken=(Version(1, 0, 0), Version(2, 0, 0)),
    )
    assert list(moved(of(before), of(now))) == [
        "HEAD was ccccccc, it is ddddddd",
        "models/churn/model.yaml changed",
        "the tag churn/v1.0.0 is another one",
        "the tag churn/v1.1.0 was deleted",
        "the tag churn/v2.0.0 was made",
    ]


def test_other_models_push_and_modelspec_are_named() -> None:
    one, two = of(facts()), of(facts(), facts(), push=True, everything=True)
    assert list(moved(one, two)) == [
        "it is a plan of apply without --push",
        "it is a plan of some models of the repository",
        "wine is not in the plan",
    ]
    (said,) = moved({**two, "modelspec": "0.0.1"}, two)
    assert said.startswith("modelspec was 0.0.1, here it is ")
    assert "wine is in the plan, and was not asked for" in moved(two, one)


def test_pins_that_changed_without_a_file_are_named() -> None:
    pinned = facts(pins={BASE: "sha256:" + "a" * 64})
    assert list(moved(of(facts()), of(pinned))) == ["the inputs of churn changed"]
