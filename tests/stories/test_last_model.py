"""The last model of a repository goes: what it left behind is cleared away like any other's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.histories.world import environment_file
from tests.stories.project import Project

NO_MODEL = "there is no model.yaml any more\n"


def test_the_last_model_leaves_nothing_behind_and_can_come_back(released: Project) -> None:
    folder = "deploy/default/ripe"
    shutil.rmtree(released.path("models"))
    said = released.run("plan", "--check", code=7)
    assert said.output == (
        f"{NO_MODEL}"
        "ripe   nothing asks for it any more\n"
        f"  remove    {folder}: 3 files, 8 objects gone\n"
        "Not committed yet: models/ripe/model.yaml\n"
        "Nothing was changed. Commit, then run it with: modelspec apply\n"
    )
    released.commit("Ripe goes")
    (removed,) = json.loads(released.run("plan", "--json").output)["removed"]
    assert (removed["name"], len(removed["objects"])) == ("ripe", 8)
    said = released.run("apply")
    assert [line.split()[0] for line in said.output.splitlines()[1:]] == ["remove"]
    assert not released.path("deploy").exists()
    for command in (("apply",), ("plan", "--check")):
        assert released.run(*command).output == NO_MODEL
    released.run("render", "--check")
    assert released.tags() == ["ripe/v1.0.0"]
    released.git("revert", "--no-edit", "HEAD")
    assert "1.0.0 is up to date" in released.run("apply").output
    assert released.path(f"{folder}/serving.yaml").is_file()


def test_a_plan_of_removing_the_last_model_holds_for_its_commit_alone(released: Project) -> None:
    shutil.rmtree(released.path("models"))
    released.commit("Ripe goes")
    planned = json.loads(released.run("plan", "--json").output)["digest"]
    released.commit("Something else")
    assert "HEAD was" in released.run("apply", "--plan", planned, code=8).errors
    planned = json.loads(released.run("plan", "--json").output)["digest"]
    released.run("apply", "--plan", planned)
    assert not released.path("deploy").exists()


@pytest.fixture
def remote(made: Project, tmp_path: Path) -> Project:
    """A release branch with one model, one automatic and one manual environment."""
    person = made.copy(tmp_path / "person")
    for name, promote in {"staging": "automatic", "prod": "manual"}.items():
        person.write(f"environments/{name}.yaml", environment_file(name, promote))
    shutil.rmtree(person.path("deploy"))
    person.commit("Two environments")
    bare = Project(tmp_path / "remote.git", made.environment)
    person.git("tag", "-d", *person.tags())
    person.git("clone", "-q", "--bare", ".", str(bare.root))
    person.git("remote", "add", "origin", f"file://{bare.root}")
    person.run("apply", "--push")
    return bare


@pytest.fixture
def clone(remote: Project, tmp_path: Path) -> Callable[[], Project]:
    """Clones as runners have them, one commit deep."""

    def make() -> Project:
        count = len([*tmp_path.glob("runner-*")])
        root = tmp_path / f"runner-{count}"
        remote.git("clone", "-q", "--depth", "1", f"file://{remote.root}", str(root))
        return Project(root, remote.environment)

    return make


def test_environments_lose_the_last_model_as_each_of_them_does(
    remote: Project, clone: Callable[[], Project]
) -> None:
    person = clone()
    person.run("promote", "ripe", "1.0.0", "--to", "prod")
    person.git("add", "--all")
    person.git("commit", "-q", "-m", "Promote ripe")
    shutil.rmtree(person.path("models"))
    person.git("commit", "-q", "-a", "-m", "Ripe goes")
    person.git("push", "-q", "origin", "main")

    said = clone().run("apply", "--push")
    assert "staging: ripe no more" in said.output
    runner = clone()
    assert "ripe" not in runner.path("environments/staging.yaml").read_text("utf-8")
    assert not runner.path("deploy/staging").exists()
    assert runner.path("deploy/prod/ripe/serving.yaml").is_file()  # a person's to remove
    runner.run("render", "--check")
    before = remote.git("for-each-ref")
    assert runner.run("apply", "--push").output == NO_MODEL
    assert remote.git("for-each-ref") == before
    assert remote.tags() == ["ripe/v1.0.0"]

    runner.edit("environments/prod.yaml", "models:\n  ripe: 1.0.0", "models: {}")
    assert "deploy/prod/ripe/serving.yaml" in runner.run("render").output
    assert not runner.path("deploy").exists()
    runner.run("render", "--check")
