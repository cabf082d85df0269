"""A plan you can trust: what it lists is what apply does, told before with its cost and effects."""

from __future__ import annotations

import json
from typing import Any

from tests.stories.project import SPEC, Project

ENDS = ("release", "render")
MONITOR = "monitor:\n  slo: {latency_p99: 250ms}\n"


def planned(project: Project, *words: str) -> dict[str, Any]:
    """What `plan --json` says of the one model."""
    document: dict[str, Any] = json.loads(project.run("plan", "--json", *words).output)
    (model,) = document["models"]
    return {**model, "digest": document["digest"], "work": document["work"]}


def to_run(model: dict[str, Any]) -> list[str]:
    return [step["name"] for step in model["steps"] if step["action"] == "run"]


def certain(model: dict[str, Any], name: str) -> bool:
    """Whether it cannot turn out that this step is finished already."""
    return any(step["name"] == name and step["key"] for step in model["steps"])


def made(project: Project, tag: str) -> dict[str, str]:
    return {name: step["key"] for name, step in project.record(tag)["steps"].items()}


def applied(project: Project) -> list[str]:
    """The steps that apply ran, as it told them."""
    rows = project.run("apply").rows
    return [{"export": "export.tflite"}.get(name, name) for name in rows if name not in ENDS]


def test_apply_runs_exactly_the_steps_of_the_plan_with_the_keys_it_told(
    released: Project,
) -> None:
    edits = [
        (("owner: orchard", "owner: garden"), "metadata only", "1.0.1"),
        (("accuracy >= 0.5", "accuracy >= 0.4"), "re-evaluate", "1.0.2"),
        (("type: linear\n", f"type: linear\n{MONITOR}"), "re-render", "1.0.3"),
        (("metrics: [accuracy, roc_auc]", "metrics: [accuracy]"), "re-evaluate", "1.0.4"),
        (("type: linear\n", "type: linear\nserve: {}\n"), "up to date", "1.0.4"),
        (("epochs: 3", "epochs: 4"), "retrain", "1.1.0"),
        (("epochs: 4", "epochs: 3"), "re-render", "1.0.4"),
    ]
    for edit, change, version in edits:
        released.edit(SPEC, *edit)
        released.commit()
        plan = planned(released)
        assert (plan["change"], plan["work"]) == (change, change != "up to date"), edit
        ran = applied(released)
        assert ran == [name for name in to_run(plan) if name in ran or certain(plan, name)], edit
        keys = {step["name"]: step["key"] for step in plan["steps"] if step["key"]}
        record = made(released, f"ripe/v{version}")
        assert {name: record[name] for name in keys} == keys, edit
        after = planned(released)
        assert (after["change"], after["work"], to_run(after)) == ("up to date", False, []), edit
        if plan["version"]:
            assert plan["version"] == version
    assert released.tags()[-1] == "ripe/v1.1.0"


def test_what_an_earlier_run_left_finished_is_planned_and_taken_as_it_is(exported: Project) -> None:
    plan = planned(exported)
    assert (plan["change"], plan["release"], plan["version"]) == ("retrain", None, "1.0.0")
    assert to_run(plan) == ["image", "check"] == applied(exported)
    assert {s["action"] for s in plan["steps"] if s["name"] not in to_run(plan)} == {"reuse"}
