"""Random histories of people and runners: whatever happens, the promises hold after each step.

A history is a walk with a seed, not a state machine that shrinks: an operation takes a second, so
a failure is told as the list of what was done, and is found again by its seed.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stories.histories.operations import OPERATIONS
from tests.stories.histories.oracle import Oracle, inspector
from tests.stories.histories.world import World, lay_out, spec_path
from tests.stories.project import Project
from tests.stories.racing import track

SETTLED_EVERY = 12  # operations


@pytest.fixture(scope="session")
def warm(made: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Both models in every way that the walk edits them, with all steps finished."""
    project = made.copy(tmp_path_factory.mktemp("warm") / "here")
    project.environment = made.environment | {"DOCKER_HOST": "unix:///nowhere"}
    project.forget("image", "check")
    lay_out(project)
    project.commit("Two models, two environments")
    project.run("apply")
    project.edit(spec_path("ripe"), "epochs: 3", "epochs: 4")
    project.commit("Train longer")
    project.run("apply")
    for tag in project.tags():
        project.git("tag", "-d", tag)
    project.git("reset", "-q", "--hard", "HEAD~1")
    project.git("clean", "-q", "-f", "-d", "-x", "--exclude=.modelspec")
    shutil.rmtree(project.path(".modelspec/releases"))
    return project


@pytest.fixture
def world(warm: Project, tmp_path: Path) -> Iterator[World]:
    remote = Project(tmp_path / "remote.git", warm.environment)
    remote.root.mkdir()
    remote.git("init", "-q", "--bare", "-b", "main")
    remote.git("config", "uploadpack.allowAnySHA1InWant", "true")
    warm.git("push", "-q", str(remote.root), "HEAD:refs/heads/main")
    remote.git("clone", "-q", str(remote.root), str(tmp_path / "person"))
    person = Project(tmp_path / "person", warm.environment)
    shutil.copytree(warm.path(".modelspec"), person.path(".modelspec"), symlinks=True)
    with track(warm.environment) as where:
        yield World(tmp_path, remote, person, warm.path(".modelspec"), where)


@pytest.mark.parametrize(
    ("seed", "operations"),
    [
        pytest.param(1, 100),
        pytest.param(2, 100),
        *(pytest.param(seed, 400, marks=pytest.mark.soak) for seed in range(10, 20)),
    ],
)
@pytest.mark.timeout(3600)
def test_the_promises_hold_after_every_operation(
    world: World,
    tmp_path: Path,
    seed: int,
    operations: int,
    record_property: Callable[[str, object], None],
) -> None:
    chance = random.Random(seed)
    oracle = Oracle(world, inspector(world, tmp_path / "inspector"))
    choices, weights = zip(*OPERATIONS, strict=True)
    done: Counter[str] = Counter()
    number = 0
    try:
        for number in range(1, operations + 1):
            operation = chance.choices(choices, weights)[0]
            done[operation.__name__] += 1
            operation(world, chance)
            oracle.look()
            if number % SETTLED_EVERY == 0:
                oracle.settle()
        oracle.settle()
    except AssertionError as error:
        error.add_note(f"seed {seed}, operation {number}, after:\n" + "\n".join(world.told))
        raise
    record_property("operations", dict(done))
    record_property("releases", len(oracle.tags))
    assert len(done) == len(OPERATIONS)
    assert len(oracle.tags) > operations // 20
