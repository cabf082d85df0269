"""Two clones publish at the same instant, again and again: nothing is released twice or lost."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.project import SPEC, Project
from tests.stories.racing import Ended, Runner, Track, track

ADA, BOB = ({"GIT_COMMITTER_NAME": name} for name in ("Ada", "Bob"))  # so that their tags differ
APPLY = ("apply", "--push")
PUSH = "git push -q origin main || { git pull -q --rebase origin main && git push -q origin main; }"


class Race:
    """A remote, two clones in which every step is finished, and where both run."""

    def __init__(self, remote: Project, clones: tuple[Project, Project], where: Track) -> None:
        self.remote, self.clones, self.where = remote, clones, where
        self.text = clones[0].path(SPEC).read_text("utf-8")
        self.turn = 0
        self._inputs: dict[str, str] = {}

    def edit(self, clone: Project) -> None:
        """Commit what gives another release, though no step has to run for it."""
        self.turn += 1
        clone.write(SPEC, self.text.replace("owner: orchard", f"owner: person-{self.turn}"))
        clone.commit(f"Hand over to person {self.turn}")

    def inputs(self, tag: str) -> str:
        """What a release was made from, read once: that no tag is ever moved is checked apart."""
        if tag not in self._inputs:
            self._inputs[tag] = self.remote.record(tag)["inputs"]
        return self._inputs[tag]

    def same(self, delay: float) -> list[Ended]:
        """Both at one commit; either may be the first, though Ada begins a bit later."""
        ada, bob = self.clones
        self.edit(ada)
        ada.git("push", "-q", "origin", "main")
        bob.git("pull", "-q")
        return self.where.race(
            Runner(str(ada.root), APPLY, ADA, delay=delay), Runner(str(bob.root), APPLY, BOB)
        )

    def other(self, delay: float) -> list[Ended]:
        """Ada releases the tip of the branch, while Bob moves it on and releases that."""
        ada, bob = self.clones
        self.edit(ada)
        ada.git("push", "-q", "origin", "main")
        bob.git("pull", "-q")
        self.edit(bob)
        runners = (
            Runner(str(ada.root), APPLY, ADA),
            Runner(str(bob.root), APPLY, BOB, before=("sh", "-c", PUSH), delay=delay),
        )
        return self.where.race(*runners)

    def sync(self) -> None:
        for clone in self.clones:
            clone.git("fetch", "-q", "--no-tags", "origin")
            clone.git("reset", "-q", "--hard", "origin/main")


@pytest.fixture
def race(finished: Project, tmp_path: Path) -> Iterator[Race]:
    # No container is started in a race, and an engine that is not asked makes it a close one.
    environment = finished.environment | {"DOCKER_HOST": "unix:///nowhere"}
    remote = Project(tmp_path / "remote.git", environment)
    remote.root.mkdir()
    remote.git("init", "-q", "--bare", "-b", "main")
    finished.git("remote", "add", "origin", str(remote.root))
    finished.git("push", "-q", "origin", "main")
    finished.run("apply", "--push", DOCKER_HOST="unix:///nowhere")
    clones = []
    for name in ("ada", "bob"):
        finished.git("clone", "-q", str(remote.root), str(tmp_path / name))
        finished.command("cp", "-a", ".modelspec", str(tmp_path / name))
        clones.append(Project(tmp_path / name, environment))
    with track(environment) as where:
        yield Race(remote, (clones[0], clones[1]), where)


def tags(where: Project) -> dict[str, str]:
    """Every tag with the id of its object."""
    listing = where.git("for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/tags")
    return dict(line.split() for line in listing.splitlines())


def check(race: Race, before: dict[str, str], ended: list[Ended]) -> set[str]:
    """What holds after every race, whoever was first; returns the tags that are new."""
    said = [f"{each.code} {each.said}" for each in ended]
    assert [each.code for each in ended] == [0, 0], said
    after = tags(race.remote)
    assert before.items() <= after.items()  # nothing was moved
    inputs = {tag: race.inputs(tag) for tag in after}
    assert len({*inputs.values()}) == len(inputs), said  # one release per inputs
    for clone in race.clones:
        assert tags(clone).items() <= after.items(), said  # nothing that the remote does not have
        assert clone.leftovers() == []
        lock = clone.lock()
        assert inputs[f"ripe/v{lock['version']}"] == lock["inputs"]
    return after.keys() - before.keys()


def how(ended: Ended) -> str:
    """How a run ended, in a word."""
    if "superseded" in ended.said:
        return "superseded"
    return "adopted" if "is up to date" in ended.said else "released"


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_two_clones_that_race_make_each_release_once(race: Race, rounds: int) -> None:
    chance = random.Random(rounds)
    span = 0.0  # that a run took: what moves the branch is to come at any moment of it
    seen: Counter[str] = Counter()
    for number in range(rounds):
        before = tags(race.remote)
        if number % 2 == 0:
            began = time.monotonic()
            ended = race.same(chance.choice((0, 0.01, 0.02)))
            span = time.monotonic() - began
            assert len(check(race, before, ended)) == 1
            assert sorted(map(how, ended)) == ["adopted", "released"]
            seen["ada first" if how(ended[0]) == "released" else "bob first"] += 1
        else:
            ended = race.other(chance.uniform(0, span / 2))
            new = check(race, before, ended)
            ada, bob = map(how, ended)
            assert bob == "released", ended[1]
            assert ada in ("released", "superseded"), ended[0]
            assert len(new) == (2 if ada == "released" else 1)
            seen[ada] += 1
        race.sync()
    assert rounds < 100 or len(seen) == 4, seen  # each way to end has been seen
