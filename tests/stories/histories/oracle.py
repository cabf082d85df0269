"""What must hold after every operation, read with git, JSON and YAML alone.

Nothing here uses the code that decides; `modelspec render --check` is asked as a user would.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.stories.histories.world import APPLY, AUTOMATIC, NAMES, World, runner, spec_path
from tests.stories.project import Project

LATELY = 6  # commands
DEFAULT_SLO = {"slo": {"latency_p99": "50ms"}}


@dataclass
class Oracle:
    """Looks at a world from outside, and remembers what it saw.

    Attributes:
        tags: name to the id of its object.
        records: name of a tag to its record.
        checked: commits of the release branch, and tags, that were checked.
        tip: the one that the release branch had at the last look.
    """

    world: World
    inspector: Project
    tags: dict[str, str] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)
    tip: str = ""

    def __post_init__(self) -> None:
        """Begin with the world as it is."""
        self.tip = self.world.tip()

    def look(self) -> None:
        """Check everything that has to hold at any moment."""
        self._tags_are_written_once()
        self._new_releases_are_asked_for_and_kept()
        self._one_release_per_inputs()
        self._one_model_per_minor()
        self._only_what_main_asked_for()
        self._every_commit_agrees_with_itself()
        self.tip = self.world.tip()
        # A push of somebody who was killed goes on, and may end while others are at work.
        del self.world.ran[:-LATELY]

    def settle(self) -> None:
        """Let a runner finish whatever was cut off: then all is as HEAD asks for, and stays so."""
        world = self.world
        world.run(world.clone(), *APPLY)
        self.look()
        self._automatic_environments_run_what_main_asks_for()
        before = world.remote.git("for-each-ref")
        clone = world.clone()
        head = clone.git("rev-parse", "HEAD")
        world.run(clone, *APPLY)
        assert world.remote.git("for-each-ref") == before, "a second run did something"
        assert clone.git("rev-parse", "HEAD") == head
        assert clone.git("status", "--porcelain") == ""
        here = _tags(clone)
        assert here.items() <= self.tags.items(), "a tag that the remote does not have"
        assert clone.leftovers() == []
        world.remote.git("fsck", "--strict", "--no-dangling")

    def _tags_are_written_once(self) -> None:
        now = _tags(self.world.remote)
        assert self.tags.items() <= now.items(), "a tag was moved or deleted"
        for name in now.keys() - self.tags.keys():
            text = self.world.remote.git("cat-file", "tag", name)
            self.records[name] = json.loads(text[text.index("\n{\n") :])
            record = self.records[name]
            assert name == f"{record['name']}/v{record['version']}"
            assert record["published"] is True, "a draft on the remote"
        self.tags = now

    def _new_releases_are_asked_for_and_kept(self) -> None:
        since = self.world.remote.git("rev-list", f"{self.tip}..main").splitlines()
        for name in self.records.keys() - self.checked:
            record = self.records[name]
            asked = any(self._asks_for(commit, record) for commit in [self.tip, *since])
            assert asked, f"{name} is superseded"
            # Every runner has what is slow to make; only what it builds itself may be elsewhere.
            named = {
                (step, made["record"]["output"])
                for step, made in record["steps"].items()
                if step not in ("image", "check")
            }
            made = [root for root in self.world.ran if _has(root, self.tags[name])]
            assert any(named <= _kept(root) for root in made), f"the bytes of {name} are not kept"

    def _one_release_per_inputs(self) -> None:
        inputs = [(r["name"], r["inputs"]) for r in self.records.values()]
        assert len({*inputs}) == len(inputs), "the same inputs were released twice"

    def _one_model_per_minor(self) -> None:
        pairs = set()
        for record in self.records.values():
            minor = record["version"].rpartition(".")[0]
            pairs.add((record["name"], minor, record["steps"]["train"]["key"]))
        assert len({pair[:2] for pair in pairs}) == len(pairs), "one MAJOR.MINOR, two models"
        assert len({(p[0], p[2]) for p in pairs}) == len(pairs), "one model, two MAJOR.MINOR"

    def _only_what_main_asked_for(self) -> None:
        for name, record in self.records.items():
            if name in self.checked:
                continue
            self.checked.add(name)
            commit = record["commit"]
            named = self.world.remote.git("rev-parse", f"refs/tags/{name}^{{commit}}")
            assert named == commit
            self.world.remote.git("merge-base", "--is-ancestor", commit, "main")
            for path, blob in record["sources"].items():
                assert self.world.remote.git("rev-parse", f"{commit}:{path}") == blob

    def _every_commit_agrees_with_itself(self) -> None:
        self.inspector.git("fetch", "-q", "--no-tags", "origin")
        commits = self.inspector.git("rev-list", "--reverse", "origin/main").splitlines()
        for commit in commits:
            if commit not in self.checked:
                self.inspector.git("checkout", "-q", "--detach", commit)
                ended = self.world.track.race(runner(self.inspector, "render", "--check"))[0]
                assert ended.code == 0, f"{commit}: {ended.said}"
                self._was_promoted_as_asked_for(commit)
                self.checked.add(commit)

    def _was_promoted_as_asked_for(self, commit: str) -> None:
        said = self.world.remote.git("show", "--no-patch", "--format=%B", commit)
        for name, version in re.findall(
            rf"^Promoted: (\S+) (\S+) to {AUTOMATIC} ", said, re.MULTILINE
        ):
            record = self.records.get(f"{name}/v{version}")
            assert record, f"{commit} promotes {name} {version}, which was never published"
            assert self._asks_for(commit, record), f"{commit} does not ask for {name} {version}"

    def _automatic_environments_run_what_main_asks_for(self) -> None:
        tip = self.world.tip()
        there = yaml.safe_load(self._file(tip, f"environments/{AUTOMATIC}.yaml"))
        asked = {name for name in NAMES if self._blob(tip, spec_path(name))}
        assert there["models"].keys() == asked
        for name, version in there["models"].items():
            record = self.records.get(f"{name}/v{version}")
            assert record, f"{name} {version} was never published"
            assert self._asks_for(tip, record), f"{name} {version} is not what its spec asks for"
            lock = json.loads(self._file(tip, f"deploy/{AUTOMATIC}/{name}/release.lock"))
            assert lock["record"]["version"] == version

    def _asks_for(self, commit: str, record: Mapping[str, Any]) -> bool:
        """Whether a commit asks for what was released; a default may be written out, or not."""
        path = spec_path(record["name"])
        sources = record["sources"]
        if not self._blob(commit, path) or any(
            self._blob(commit, other) != blob for other, blob in sources.items() if other != path
        ):
            return False
        released = self.world.remote.git("cat-file", "blob", sources[path])
        return _meaning(self._file(commit, path)) == _meaning(released)

    def _file(self, commit: str, path: str) -> str:
        return self.world.remote.git("show", f"{commit}:{path}")

    def _blob(self, commit: str, path: str) -> str:
        listed = self.world.remote.git("ls-tree", "--format=%(objectname)", commit, path)
        return listed.strip()


def inspector(world: World, folder: Path) -> Project:
    """A clone in which commits are checked."""
    world.remote.git("clone", "-q", str(world.remote.root), str(folder))
    return Project(folder, world.remote.environment)


def _meaning(text: str) -> dict[str, Any]:
    """What a spec says, but for what it would mean without."""
    spec: dict[str, Any] = yaml.safe_load(text)
    return {key: value for key, value in spec.items() if (key, value) != ("monitor", DEFAULT_SLO)}


def _has(root: Path, oid: str) -> bool:
    """Whether a clone wrote an object, or fetched it since."""
    return (root / ".git" / "objects" / oid[:2] / oid[2:]).exists()


def _kept(root: Path) -> set[tuple[str, str]]:
    """The steps whose bytes a clone keeps for releases, and what each made."""
    return {
        (file.parts[-3], json.loads(file.read_text("utf-8"))["record"]["output"])
        for file in root.glob(".modelspec/releases/*/*/record.json")
    }


def _tags(project: Project) -> dict[str, str]:
    listing = project.git("for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/tags")
    return dict(line.split() for line in listing.splitlines())
