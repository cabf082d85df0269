from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from modelspec.plan.explain import headline, lines
from modelspec.plan.objects import FieldChange, Place, deployment
from modelspec.plan.objects_text import around, change_lines
from modelspec.plan.outlook import Outlook
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
WRITES = deployment(
    "default",
    ["serving.yaml"],
    [{"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"text": "x " * 90 + "old"}}],
    [{"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"text": "x " * 90 + "new\n!"}}],
)


def test_a_plan_fits_a_terminal_of_eighty_columns() -> None:
    seconds = {"train": 700.0, "export.onnx": 3.21}
    for spec, known in ((spec_of(), facts()), (spec_of(**LONG), facts(seconds=seconds))):
        text = lines(Outlook(make_plan(spec, known), (WRITES,)))
        assert max(len(line) for row in text for line in row.split("\n")) < 80


def test_each_step_has_its_row_and_each_gate_stands_where_it_is_judged() -> None:
    text = "\n".join(lines(Outlook(make_plan(spec_of(**LONG), facts()), (WRITES,))))
    shown = [line.split()[0] for line in text.split("\n")[1:] if line[2] != " "]
    assert " ".join(shown) == (
        "data train evaluate gate export export reference image check gate release render"
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
    text = lines(Outlook(make_plan(spec_of(**{"train.epochs": 80}), known)))
    assert text[0] == "churn   1.0.0 -> 1.1.0   retrain"
    assert text[1] == "  train.epochs: (default) -> 80"
    train = next(row for row in text if row.startswith("  train   "))
    assert "train.epochs: (default) ->" in train


def test_the_first_number_is_known_before_any_row_is_read() -> None:
    assert headline(Outlook(make_plan(spec_of(), facts()))) == "churn   first release: 1.0.0"


def test_a_number_that_is_taken_by_an_unreadable_tag_is_not_promised() -> None:
    plan = Outlook(make_plan(spec_of(), facts(taken=(Version(1, 0, 0),))))
    assert headline(plan) == "churn   first release"
    assert any("a new tag on ccccccc" in row for row in lines(plan))


def test_a_step_that_ran_before_has_its_time_and_one_that_is_kept_no_row(
    release: Callable[..., Release],
) -> None:
    old = release(spec_of(), facts()).model_copy(update={"seconds": {"gate": 0.2, "train": 12.0}})
    kept = frozenset((name, made.record["output"]) for name, made in old.steps.items())
    known = facts(releases=(old,), taken=(Version(1, 0, 0),), kept=kept)
    text = lines(Outlook(make_plan(spec_of(**{"evaluate.gates": ["roc_auc >= 0.7"]}), known)))
    rows = [line for line in text if line.startswith("  gate")]
    assert len(rows) == 1
    assert rows[0].split("\n")[0].endswith("~0.2 s")
    kept_steps = "data, train, evaluate, export.onnx, export.tflite, reference,\n            image"
    assert f"  kept      {kept_steps}, check" in text


def test_a_release_whose_files_differ_has_work_and_no_steps(
    release: Callable[..., Release],
) -> None:
    old = release(spec_of(), facts())
    plan = make_plan(spec_of(), facts(releases=(old,), taken=(Version(1, 0, 0),)))
    assert lines(Outlook(plan)) == ["churn   1.0.0 is up to date."]
    said = lines(Outlook(plan, (replace(WRITES, changes=()),)))
    assert said == [
        "churn   1.0.0 is released, its files are out of date",
        "  render    deploy/default/churn: serving.yaml",
    ]


def test_long_values_are_cut_to_what_differs() -> None:
    old, new = around("a" * 80 + "12" + "b" * 80, "a" * 80 + "345" + "b" * 80)
    assert old == "..." + "a" * 12 + "12" + "b" * 12 + "..."
    assert new == "..." + "a" * 12 + "345" + "b" * 12 + "..."
    assert around("short", "texts") == ("short", "texts")


def test_a_path_that_is_too_long_is_broken_behind_a_point() -> None:
    change = FieldChange(1, 2, (Place("Deployment a", "spec." + "template." * 8 + "x"),))
    assert change_lines(change, 40) == [
        "spec.template.template.template.",
        "  template.template.template.template.",
        "  template.x:",
        "  1 -> 2",
    ]
