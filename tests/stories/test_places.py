"""The same commands from other folders, other work trees and other kinds of clones."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from tests.stories.conftest import fruit
from tests.stories.project import DATA, SPEC, Project


def test_apply_works_from_a_folder_below_and_a_path_counts_from_there(finished: Project) -> None:
    below = replace(finished, root=finished.path("models/ripe"))
    assert "ripe/v1.0.0" in below.run("apply", "model.yaml").output
    assert len(finished.deployed()) == 3
    assert not below.path("deploy").exists()
    assert "1.0.0 is up to date" in below.run("apply", "model.yaml").output
    assert "1.0.0 is up to date" in below.run("apply").output
    assert "1.0.0 is up to date" in finished.run("apply", f"./{SPEC}").output
    assert below.run("validate", "model.yaml").output == "model.yaml: ok\n"


def test_names_with_spaces_and_umlauts_are_files_like_others(finished: Project) -> None:
    finished.git("mv", "models/ripe", "models/Ünreif oder reif")
    finished.commit()
    assert finished.run("apply").rows == ["release", "render"]
    sources = finished.record("ripe/v1.0.0")["sources"]
    assert sources.keys() == {
        "models/Ünreif oder reif/model.yaml",
        "models/Ünreif oder reif/fruit.csv",
    }
    assert "1.0.0 is up to date" in finished.run("apply").output


def test_a_second_work_tree_has_the_releases_and_its_own_cache(
    released: Project, tmp_path: Path
) -> None:
    there = Project(tmp_path / "there", released.environment)
    released.git("worktree", "add", "-q", str(there.root))
    assert "1.0.0 is up to date" in there.run("apply").output
    assert there.lock() == released.lock()
    there.edit(SPEC, "owner: orchard", "owner: garden")
    there.commit()
    assert "ripe/v1.0.1" in there.run("apply").output
    assert released.tags() == ["ripe/v1.0.0", "ripe/v1.0.1"]


def test_a_shallow_clone_finds_the_release_on_the_remote_and_stays_shallow(
    released: Project, tmp_path: Path
) -> None:
    released.write("notes", "more")
    released.commit()
    there = Project(tmp_path / "there", released.environment)
    there.root.mkdir()
    released.git(
        "clone", "-q", "--depth=1", "--no-tags", f"file://{released.root}", str(there.root)
    )
    assert "1.0.0 is up to date" in there.run("apply").output
    assert there.tags() == ["ripe/v1.0.0"]
    assert there.git("rev-parse", "--is-shallow-repository") == "true"
    assert there.lock() == released.lock()


def test_of_several_specs_each_gets_its_release_once_none_of_them_is_wrong(
    finished: Project,
) -> None:
    text = finished.path(SPEC).read_text("utf-8")
    finished.write("models/unripe/model.yaml", text.replace("name: ripe", "name: unripe"))
    finished.commit()
    said = finished.run("apply", code=3)
    assert "models/unripe/model.yaml:8:11: there is no file fruit.csv" in said.errors
    assert finished.tags() == []
    finished.write("models/unripe/fruit.csv", fruit())
    finished.commit()
    said = finished.run("apply")
    # Data, training and export read no name: what ripe has made is used.
    last = said.output.rpartition("unripe\n")[2]
    assert re.findall(r"^  ([a-z]+) ", last, re.MULTILINE)[:4] == [
        "image", "check", "release", "render",
    ]  # fmt: skip
    assert finished.tags() == ["ripe/v1.0.0", "unripe/v1.0.0"]
    again = finished.run("apply").output.splitlines()
    assert [line.split()[0] for line in again] == ["ripe", "unripe"]


def test_a_model_that_misses_its_gate_does_not_keep_the_others_from_their_release(
    finished: Project,
) -> None:
    text = finished.path(SPEC).read_text("utf-8")
    strict = text.replace("name: ripe", "name: green").replace(
        "accuracy >= 0.5", "accuracy > 0.9999"
    )
    finished.write("models/green/model.yaml", strict)
    finished.write("models/green/fruit.csv", fruit())
    finished.commit()
    finished.run("apply", code=5)
    assert finished.tags() == ["ripe/v1.0.0"]


def test_a_plan_reads_specs_that_git_does_not_track(released: Project) -> None:
    name = "models/new/model.yaml"
    released.write(name, released.path(SPEC).read_text("utf-8").replace("name: ripe", "name: new"))
    released.write("models/new/fruit.csv", fruit())
    said = released.run("plan", "new")
    assert "new   first release: " in said.output
    assert f"not committed yet: models/new/fruit.csv, {name}" in said.output
    released.write(name, "")
    assert f"{name}:1:1: " in released.run("plan", name, code=3).errors


def test_a_repository_inside_the_repository_is_somebody_elses(released: Project) -> None:
    released.git("init", "-q", "vendor/other")
    released.write("vendor/other/model.yaml", released.path(SPEC).read_bytes())
    assert released.run("validate").output == f"{SPEC}: ok\n"
    assert "1.0.0 is up to date" in released.run("plan").output
    assert "1.0.0 is up to date" in released.run("apply", "ripe").output


def test_a_plan_without_the_data_in_the_work_tree_says_what_is_missing(released: Project) -> None:
    released.path(DATA).unlink()
    assert f"not committed yet: {DATA}" in released.run("plan").output
