"""What people and runners do, each at random."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable

from tests.stories.histories.world import APPLY, MANUAL, NAMES, World, runner, spec_path
from tests.stories.project import Project

Operation = Callable[[World, random.Random], object]

_SLOW = ("25ms", "50ms", "100ms", "250ms")
_EDITS: tuple[tuple[str, Callable[[random.Random], str]], ...] = (
    (r"owner: \S+", lambda chance: f"owner: team-{chance.randrange(1000)}"),
    (r"epochs: \d+", lambda chance: f"epochs: {chance.choice((3, 4))}"),
    (r"monitor:.*", lambda chance: f"monitor: {{slo: {{latency_p99: {chance.choice(_SLOW)}}}}}"),
    (r"deploy:.*", lambda chance: f"deploy: {{replicas: {{max: {chance.randint(3, 9)}}}}}"),
)


def edit(world: World, chance: random.Random) -> None:
    """A person changes a spec and pushes."""
    person = world.at_tip()
    there = [n for n in NAMES if person.path(spec_path(n)).exists()]
    if not there:
        return
    name = chance.choice(there)
    text = person.path(spec_path(name)).read_text("utf-8")
    pattern, new = chance.choice(_EDITS if name == "ripe" else _EDITS[:1] + _EDITS[2:])
    line = new(chance)
    changed = re.sub(pattern, line, text) if re.search(pattern, text) else f"{text}{line}\n"
    person.write(spec_path(name), changed)
    world.told.append(f"person: {name}: {line}")
    world.push(f"{name}: {line}")


def revert(world: World, chance: random.Random) -> None:
    """A person takes back one of the last commits, whoever made it."""
    person = world.at_tip()
    commits = person.git("rev-list", "--max-count=4", f"{world.start}..HEAD").splitlines()
    if not commits:
        return
    commit = chance.choice(commits)
    subject = person.git("show", "--no-patch", "--format=%s", commit)
    world.told.append(f"person: revert {subject}")
    done = _quietly(person, "revert", "--no-edit", commit)
    if not done or not person.git("diff", "--name-only", "HEAD~1"):
        return
    # As a check of pull requests would: what does not hold together is not merged.
    if world.track.race(runner(person, "render", "--check"))[0].code == 0:
        world.send()


def remove_or_bring_back(world: World, chance: random.Random) -> None:
    """A person removes a model, perhaps the last one, or brings it back as it was."""
    person = world.at_tip()
    name = chance.choice(NAMES)
    path = spec_path(name)
    if person.path(path).exists():
        world.reserve[name] = person.path(path).read_text("utf-8")
        shutil.rmtree(person.path(path).parent)
        world.told.append(f"person: removes {name}")
    else:
        person.write(path, world.reserve[name])
        person.write(f"models/{name}/fruit.csv", world.data)
        world.told.append(f"person: brings {name} back")
    world.push(f"{name} goes or comes")


def runner_applies(world: World, chance: random.Random) -> None:
    """A runner does what a push asks for."""
    world.run(world.clone(), *APPLY)


def runner_is_late(world: World, chance: random.Random) -> None:
    """A runner that was started for an older commit."""
    if len(world.clones) > 3:
        clone = world.clones.pop(chance.randrange(len(world.clones)))
        world.run(clone, *APPLY)
    world.clones.append(world.clone())


def runner_is_killed(world: World, chance: random.Random) -> None:
    """A runner that dies where others see something of it, at some call of git, or any time."""
    if chance.random() < 0.5:
        edit(world, chance)
    how, when = chance.random(), chance.choice(("before", "after"))
    if how < 0.4:
        at = chance.choice((1, 1, 2, 3))
        world.run(world.clone(), *APPLY, kill=world.killer(at, when, "push"))
    elif how < 0.75:
        world.run(world.clone(), *APPLY, kill=world.killer(chance.randint(1, 60), when))
    else:
        world.run(world.clone(), *APPLY, kill=chance.uniform(0.05, 1.0))


def runners_race(world: World, chance: random.Random) -> None:
    """Two runners at one moment, while one of them may be late."""
    first, second = world.clone(), world.clone()
    if chance.random() < 0.5:
        edit(world, chance)
        second = world.clone()
    world.race(runner(first, *APPLY), runner(second, *APPLY))


def promote(world: World, chance: random.Random) -> None:
    """A person has the manual environment run a release, or dies doing so and does it again."""
    tags = world.remote.tags()
    if not tags:
        return
    name, _, version = chance.choice(tags[-6:]).partition("/v")
    person = world.at_tip()
    words = ("promote", name, version, "--to", MANUAL)
    if chance.random() < 0.3:
        world.run(person, *words, kill=world.killer(chance.randint(1, 12), "after"))
    elif chance.random() < 0.3:
        world.run(person, *words, kill=chance.uniform(0.02, 0.3))
    world.run(person, *words)
    world.push(f"Promote {name} {version}")


def promote_a_stray_tag(world: World, chance: random.Random) -> None:
    """A person asks for a release as only this clone has it: under a new number, or a known one."""
    tags = world.remote.tags()
    if not tags:
        return
    tag = chance.choice(tags)
    person = world.at_tip()
    name, _, version = tag.partition("/v")
    minor, _, patch = version.rpartition(".")
    other = chance.choice((version, f"{minor}.9{patch}"))
    text = world.remote.git("cat-file", "tag", tag)
    text = text.replace(f"tag {tag}\n", f"tag {name}/v{other}\n", 1)
    text = text.replace(f'"version": "{version}"', f'"version": "{other}"', 1)
    person.write(".git/stray", f"{text}\n\n")
    oid = person.git("hash-object", "-t", "tag", "-w", ".git/stray")
    person.git("update-ref", f"refs/tags/{name}/v{other}", oid)
    world.refuse(person, "promote", name, other, "--to", MANUAL)
    person.git("tag", "-d", f"{name}/v{other}")


def apply_here(world: World, chance: random.Random) -> None:
    """A person tries a change out: a draft that nobody else sees, unless it is then published."""
    edit(world, chance)
    person = world.at_tip()
    world.run(person, "apply")
    if chance.random() < 0.5:
        world.run(person, *APPLY)


OPERATIONS: tuple[tuple[Operation, int], ...] = (
    (edit, 6),
    (runner_applies, 5),
    (runner_is_killed, 4),
    (runner_is_late, 3),
    (revert, 3),
    (promote, 2),
    (runners_race, 2),
    (remove_or_bring_back, 2),
    (apply_here, 2),
    (promote_a_stray_tag, 2),
)
"""With how often they are done."""


def _quietly(project: Project, *words: str) -> bool:
    """Whether git could do it; if not, nothing of it is left."""
    try:
        project.git(*words)
    except AssertionError:
        project.git("reset", "-q", "--hard")
        return False
    return True
