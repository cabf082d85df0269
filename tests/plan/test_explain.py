from __future__ import annotations

from collections.abc import Callable

from modelspec.plan.explain import headline, lines
from modelspec.plan.plan import make_plan
from modelspec.plan.release import Release
from modelspec.plan.tags import Version
from tests.plan.conftest import facts, spec_of

LONG = {
    "metadata.name": "a" * 40,
    "data.source": "tables/customers-of-the-last-two-years.csv",
    "evaluate.gates": [
        "roc_auc >= 0.8",
        "recall >= 0.5 for each country with at least 200 rows",
        "latency_p99 <= 5ms",
    ],
}


def test_a_plan_fits_a_terminal_of_eighty_columns() -> None:
    for spec in (spec_of(), spec_of(**LONG)):
        text = lines(make_plan(spec, facts()))
        assert max(len(line) for row in text for line in row.split("\n")) < 80


def test_each_step_has_its_row_and_each_gate_stands_where_it_is_judged() -> None:
    text = "\n".join(lines(make_plan(spec_of(**LONG), facts())))
    shown = [line.split()[0] for line in text.split("\n")[1:] if line[2] != " "]
    assert " ".join(shown) == (
        "data train evaluate gate export export image check gate release render"
    )
    before, after = text.split("  check  ")
    assert "latency_p99" not in before
    assert "latency_p99 <= 5ms" in after
    assert "roc_auc >=" not in after


def test_a_plan_says_why_each_step_runs_and_what_changed(
    release: Callable[..., Release],
) -> None:
    old = release(spec_of(), facts())
    known = facts(releases=(old,), taken=(Version(1, 0, 0),))
    text = lines(make_plan(spec_of(**{"train.epochs": 80}), known))
    assert text[0] == "churn   1.0.0 -> 1.1.0"
    assert text[1] == "  train.epochs: (default) -> 80"
    train = next(row for row in text if row.startswith("  train   "))
    assert "train.epochs: (default) ->" in train


def test_the_first_number_is_known_before_any_row_is_read() -> None:
    assert headline(make_plan(spec_of(), facts())) == "churn   first release: 1.0.0"


def test_a_number_that_is_taken_by_an_unreadable_tag_is_not_promised() -> None:
    plan = make_plan(spec_of(), facts(taken=(Version(1, 0, 0),)))
    assert headline(plan) == "churn   first release"
    assert any("a new tag on ccccccc" in row for row in lines(plan))
