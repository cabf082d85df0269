"""A plan you can trust: what it lists is what apply does, told before with its cost and effects."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.stories.project import DATA, SPEC, Project

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


def test_a_plan_is_applied_while_it_holds_whatever_this_machine_has_in_its_cache(
    released: Project, tmp_path: Path
) -> None:
    released.edit(SPEC, "type: linear\n", f"type: linear\n{MONITOR}")
    released.commit()
    plan = planned(released)
    there = released.clone(tmp_path / "there")
    there.git("remote", "remove", "origin")
    assert planned(there)["digest"] == plan["digest"]
    cache = str(tmp_path / "cache")
    done = there.run("apply", "--plan", plan["digest"], XDG_CACHE_HOME=cache)
    assert "ripe/v1.0.1" in done.output
    shutil.rmtree(released.path(".modelspec/cache"))
    assert "ripe/v1.0.1" in released.run("apply", "--plan", plan["digest"]).output
    said = released.run("apply", "--plan", plan["digest"], code=8).errors
    assert "the plan does not hold any more: the tag ripe/v1.0.1 was made" in said


def test_a_plan_is_refused_when_something_moved_and_says_what(
    released: Project, tmp_path: Path
) -> None:
    released.edit(SPEC, "type: linear\n", f"type: linear\n{MONITOR}")
    old = released.commit()
    digest = planned(released)["digest"]
    released.edit(SPEC, "owner: orchard", "owner: garden")
    new = released.commit()
    before = released.state()
    said = released.run("apply", "--plan", digest, code=8).errors
    assert f"HEAD was {old[:7]}, it is {new[:7]}; {SPEC} changed" in said
    cache = str(tmp_path / "cache")
    said = released.run("apply", "--plan", digest, code=8, XDG_CACHE_HOME=cache).errors
    assert f"this is no plan of ripe at {new[:7]}" in said
    assert released.state() == before
    released.git("reset", "-q", "--hard", old)
    released.git("tag", "ripe/v7.0.0")
    said = released.run("apply", "--plan", digest, code=8).errors
    assert "more: the tag ripe/v7.0.0 was made\n" in said
    released.git("tag", "-d", "ripe/v7.0.0")
    # The lock was given back each time, and the plan holds again.
    assert "ripe/v1.0.1" in released.run("apply", "--plan", digest).output


def test_a_plan_of_what_is_not_committed_is_told_and_cannot_be_applied(released: Project) -> None:
    released.edit(SPEC, "owner: orchard", "owner: garden")
    plan = planned(released)
    assert (plan["change"], plan["uncommitted"]) == ("metadata only", [SPEC])
    assert "differs from the commit" in released.run("apply", code=6).errors
    released.commit()
    said = released.run("apply", "--plan", plan["digest"], code=8).errors
    assert "HEAD was " in said


def test_a_plan_of_a_push_is_what_a_push_does(made: Project, tmp_path: Path) -> None:
    """What was released here alone gives way."""
    remote = Project(tmp_path / "remote.git", made.environment)
    made.git("init", "-q", "--bare", "-b", "main", str(remote.root))
    here = made.copy(tmp_path / "here")
    here.git("remote", "add", "origin", str(remote.root))
    here.git("push", "-q", "origin", "main")
    here.edit(SPEC, "owner: orchard", "owner: garden")
    here.commit()
    here.run("apply")
    here.git("push", "-q", "origin", "main")
    assert not planned(here)["work"]
    plan = planned(here, "--push")
    assert plan["work"] is True
    said = here.run("plan", "--push").output
    assert "  publish   tag to origin" in said
    assert said.endswith("Run it with: modelspec apply --push\n")
    assert (
        "a plan of apply with --push" in here.run("apply", "--plan", plan["digest"], code=8).errors
    )
    rows = here.run("apply", "--push", "--plan", plan["digest"]).rows
    assert [row for row in rows if row not in ENDS] == to_run(plan)
    assert not planned(here, "--push")["work"]


def test_check_is_exit_7_where_apply_would_do_something(released: Project) -> None:
    assert released.run("plan", "--check").output == "ripe   1.0.0 is up to date.\n"
    path = "deploy/default/ripe/serving.yaml"
    released.write(
        path, released.path(path).read_text("utf-8").replace("minReplicas: 2", "minReplicas: 1")
    )
    said = released.run("plan", "--check", code=7)
    assert "out of date: ripe" in said.errors
    assert "ripe   1.0.0 is released, its files are out of date\n" in said.output
    assert "spec.minReplicas: 1 -> 2" in said.output
    assert f"warning: {path} was edited by hand" in said.errors
    released.run("apply", "--force")
    released.run("plan", "--check")
    released.edit(SPEC, "owner: orchard", "owner: garden")
    released.run("plan", "--check", code=7)


def test_what_a_model_leaves_behind_is_planned_and_removed(released: Project) -> None:
    released.write("models/other/model.yaml", released.path(SPEC).read_text("utf-8"))
    released.edit("models/other/model.yaml", "name: ripe", "name: other")
    released.write("models/other/fruit.csv", released.path(DATA).read_bytes())
    released.git("rm", "-q", "--cached", SPEC)
    released.path(SPEC).unlink()
    assert f"Not committed yet: {SPEC}\n" in released.run("plan").output
    released.commit()
    said = released.run("plan", "--check", code=7).output
    assert (
        "ripe   nothing asks for it any more\n"
        "  remove    deploy/default/ripe: 3 files, 8 objects gone\n"
    ) in said
    document = json.loads(released.run("plan", "--json").output)
    (gone,) = document["removed"]
    assert (gone["name"], gone["environment"], len(gone["objects"])) == ("ripe", "default", 8)
    assert json.loads(released.run("plan", "other", "--json").output)["removed"] == []
    some = json.loads(released.run("plan", "other", "--json").output)["digest"]
    assert some != document["digest"]
    said = released.run("apply", "--plan", document["digest"]).output
    assert said.endswith("  remove    deploy/default/ripe: 3 files\n")
    assert not released.path("deploy/default/ripe").exists()
    assert "ripe" not in released.run("plan").output


def test_a_first_plan_of_a_fresh_clone_knows_from_the_tag_how_long_it_takes(
    released: Project, tmp_path: Path
) -> None:
    there = released.clone(tmp_path / "there")
    there.git("remote", "remove", "origin")
    there.edit(SPEC, "epochs: 3", "epochs: 4")
    steps = {step["name"]: step["seconds"] for step in planned(there)["steps"]}
    assert steps["train"] == released.record("ripe/v1.0.0")["seconds"]["train"] > 0
    assert None not in steps.values()
    assert "seconds" not in released.lock()


def test_only_one_thing_is_printed(released: Project) -> None:
    for words in (
        ("--json", "--markdown"),
        ("--json", "--why", "train"),
        ("--markdown", "--format", "github"),
        ("--why", "trian"),
    ):
        said = released.run("plan", *words, code=2)
        assert said.output == ""
        assert "choose one" in said.errors or "leave out --format" in said.errors
    said = released.run("plan", "--why", "train")
    assert said.output.startswith("ripe   train is kept: up to date\n")
    assert released.run("apply", "--plan", "v1", code=2).output == ""
