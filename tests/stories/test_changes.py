from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.project import DATA, SPEC, Project, kept, steps

MONITOR = "monitor:\n  slo: {latency_p99: 250ms}\n"


def _changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {name for name in before | after if before.get(name) != after.get(name)}


def _files(project: Project) -> dict[str, bytes]:
    folder = project.path("deploy/default/ripe")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_another_latency_threshold_is_a_patch_release_of_the_same_image(released: Project) -> None:
    files, entries = _files(released), released.entries()
    released.write(SPEC, released.path(SPEC).read_text("utf-8") + MONITOR)
    commit = released.commit()
    said = released.run("apply")
    assert "ripe/v1.0.1" in said.output
    assert "same image" in said.output
    first, second = released.record("ripe/v1.0.0"), released.record("ripe/v1.0.1")
    assert second["commit"] == commit != first["commit"]
    assert second["image"] == first["image"]
    assert second["steps"] == first["steps"]
    assert _changed(files, _files(released)) == {"monitoring.yaml", "release.lock"}
    assert released.entries() == entries


def test_the_revert_of_an_edit_runs_nothing_and_names_the_old_release(released: Project) -> None:
    files = _files(released)
    released.write(SPEC, released.path(SPEC).read_text("utf-8") + MONITOR)
    released.commit()
    released.run("apply")
    released.git("revert", "--no-edit", "HEAD")
    before = released.state()
    said = released.run("apply")
    assert "1.0.0 is up to date" in said.output
    assert said.errors == ""
    assert _files(released) == files
    after = released.state()
    del before["deploy"], after["deploy"]
    assert after == before
    assert released.run("apply").output.startswith("ripe   1.0.0 is up to date.")


def test_another_owner_is_a_patch_release_of_the_same_image(released: Project) -> None:
    entries = released.entries()
    released.edit(SPEC, "owner: orchard", "owner: garden")
    released.commit()
    assert "metadata.owner: orchard -> garden; same image" in released.run("apply").output
    assert released.tags() == ["ripe/v1.0.0", "ripe/v1.0.1"]
    assert released.lock()["image"] == released.record("ripe/v1.0.0")["image"]
    assert released.entries() == entries


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: Model\n", "kind: Model   # the only kind there is\n\n"),
        ("  epochs: 3\n  learning_rate: 0.05\n", "  learning_rate: 0.05\n  epochs: 3\n"),
        ("  epochs: 3\n", "  epochs: 3\n  batch_size: 32\n"),
        (
            'target: {column: ripe, positive: "yes"}',
            "target:\n    column: ripe\n    positive: 'yes'",
        ),
    ],
    ids=["comment", "order", "default", "style"],
)
def test_an_edit_that_means_the_same_makes_nothing(released: Project, old: str, new: str) -> None:
    released.edit(SPEC, old, new)
    released.commit()
    before = released.state()
    assert "1.0.0 is up to date" in released.run("plan").output
    assert "1.0.0 is up to date" in released.run("apply").output
    assert released.state() == before


def test_a_change_of_the_data_is_another_model_and_plan_says_why(released: Project) -> None:
    released.edit(DATA, "f0,", "f0-again,")
    released.commit()
    before = released.state()
    planned = released.run("plan").output
    assert released.state() == before
    assert "fruit.csv changed" in planned
    assert "ripe   1.0.0 -> " in planned


def test_a_missed_gate_is_exit_5_and_releases_nothing(finished: Project) -> None:
    finished.edit(SPEC, "accuracy >= 0.5", "accuracy >= 0.999")
    finished.commit()
    before = finished.state()
    said = finished.run("apply", code=5)
    line = finished.path(SPEC).read_text("utf-8").splitlines().index("    - accuracy >= 0.999") + 1
    assert f"{SPEC}:{line}:7: gate missed: accuracy >= 0.999, it is 0." in said.errors
    assert finished.tags() == []
    assert not finished.path("deploy").exists()
    assert finished.leftovers() == []
    after = finished.state()
    assert kept(before["cache"], after["cache"])
    assert after == before


def test_a_relaxed_gate_runs_only_the_gate_and_what_follows(exported: Project) -> None:
    exported.edit(SPEC, "accuracy >= 0.5", "accuracy >= 0.999")
    exported.commit()
    exported.run("apply", code=5)
    entries = exported.entries()
    assert steps(entries) == {"data", "train", "evaluate", "gate", "export.tflite", "reference"}
    exported.edit(SPEC, "accuracy >= 0.999", "accuracy >= 0.6")
    exported.commit()
    ran = exported.run("apply").rows
    assert ran == ["gate", "image", "check", "release", "render"]
    assert kept(entries, exported.entries())
    verdicts = exported.record("ripe/v1.0.0")["steps"]["gate"]["record"]["verdicts"]
    assert [verdict["gate"] for verdict in verdicts] == ["accuracy >= 0.6"]


def test_a_plan_of_uncommitted_edits_changes_nothing_and_says_what_would_run(
    released: Project, tmp_path: Path
) -> None:
    released.edit(SPEC, "epochs: 3", "epochs: 4")
    before = released.state()
    said = released.run("plan", "ripe").output
    assert "train.epochs: 3 -> 4" in said
    assert f"not committed yet: {SPEC}" in said
    assert released.state() == before
