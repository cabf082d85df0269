"""A remote, a person who works in a clone of it, and runners that come and go."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.stories.project import DATA, Project
from tests.stories.racing import Ended, Runner, Track

NAMES = ("ripe", "sweet")
APPLY = ("apply", "--push")
AUTOMATIC, MANUAL = "staging", "prod"
ENVIRONMENTS = {AUTOMATIC: "automatic", MANUAL: "manual"}

# Stands before git on the PATH of whoever is to be killed: at a call of it, or of one of its
# commands, before it or after. Who asked is killed, as a machine that goes down would be; git
# itself goes on, as a server would.
GIT = """#!/bin/sh
case " $* " in *"${KILL_COMMAND:+ $KILL_COMMAND }"*) ;; *) PATH=${PATH#*:} exec git "$@" ;; esac
number=$(( $(cat "$KILL_COUNT" 2>/dev/null || echo 0) + 1 ))
echo $number > "$KILL_COUNT"
if [ $number = "$KILL_AT" ] && [ "$KILL_WHEN" = before ]; then kill -9 $PPID; exit 1; fi
PATH=${PATH#*:} git "$@"
code=$?
if [ $number = "$KILL_AT" ]; then kill -9 $PPID; fi
exit $code
"""


def spec_path(name: str) -> str:
    return f"models/{name}/model.yaml"


def environment_file(name: str, promote: str) -> str:
    return f"""\
apiVersion: modelspec/v1
kind: Environment
metadata: {{name: {name}}}
namespace: {name}   # one cluster
promote: {promote}
models: {{}}
"""


@dataclass
class World:
    """All there is.

    Attributes:
        remote: bare.
        person: a whole clone, at some commit of the release branch.
        warm: a `.modelspec` in which every step of every edit is finished.
        told: what happened, for whoever has to understand a failure.
        clones: those of runners that were made some time ago.
        reserve: specs as they were when a model was removed.
        ran: where commands were run lately.
        start: the commit that the history begins with.
        data: the rows of both models.
    """

    folder: Path
    remote: Project
    person: Project
    warm: Path
    track: Track
    told: list[str] = field(default_factory=list)
    clones: list[Project] = field(default_factory=list)
    reserve: dict[str, str] = field(default_factory=dict)
    ran: list[Path] = field(default_factory=list)
    made: int = 0
    start: str = ""
    data: bytes = b""

    def __post_init__(self) -> None:
        """Begin with what the remote has."""
        self.start = self.tip()
        self.data = self.person.path(DATA).read_bytes()

    def clone(self) -> Project:
        """A clone as a runner has it: one commit deep, no tags, the cache of another day."""
        self.made += 1
        root = self.folder / f"runner-{self.made}"
        url = f"file://{self.remote.root}"
        self.remote.git("clone", "-q", "--depth", "1", url, str(root))
        warm = self.warm / "cache"
        shutil.copytree(warm, root / ".modelspec" / "cache", copy_function=_link)
        (root / ".modelspec" / "bases").symlink_to((self.warm / "bases").resolve())
        return Project(root, self.remote.environment)

    def tip(self) -> str:
        return self.remote.git("rev-parse", "main")

    def at_tip(self) -> Project:
        """The person, with the files of the tip and no others."""
        self.person.git("fetch", "-q", "origin")
        self.person.git("checkout", "-q", "-f", "-B", "main", "origin/main")
        self.person.git("clean", "-q", "-f", "-d")
        return self.person

    def push(self, subject: str) -> None:
        """Commit all that the person has in the tree, and push it."""
        self.person.git("add", "--all")
        self.person.git("commit", "-q", "--allow-empty", "-m", subject)
        self.send()

    def send(self) -> None:
        """Push what the person committed; a person who is late gives up.

        What a runner sends that was killed meanwhile may still come first.
        """
        try:
            self.person.git("push", "-q", "origin", "main")
        except AssertionError as error:
            assert "rejected" in str(error)
            self.told.append("person: is late, and gives up")

    def run(self, where: Project, *words: str, kill: Mapping[str, str] | float = 0) -> Ended:
        """Run a command, kill it at a call of git or after some seconds, and tell of it."""
        return self.race(runner(where, *words, kill=kill))[0]

    def refuse(self, where: Project, *words: str) -> None:
        """Run a command that must not do what it is asked for, and must leave no trace."""
        before = where.git("status", "--porcelain")
        self.race(runner(where, *words), codes=(6, 8))
        assert where.git("status", "--porcelain") == before

    def race(self, *runners: Runner, codes: tuple[int, ...] = (0,)) -> list[Ended]:
        ended = self.track.race(*runners)
        for one, end in zip(runners, ended, strict=True):
            self.ran.append(Path(one.root))
            self.told.append(f"{Path(one.root).name}: {' '.join(one.words)} -> {end.code}")
            may_die = one.kill or "KILL_AT" in one.environment
            assert end.code in codes or (may_die and end.code == -signal.SIGKILL), (
                f"{self.told[-1]}\n{end.said}"
            )
        return ended

    def killer(self, at: int, when: str, command: str = "") -> dict[str, str]:
        """The environment of a process that is to be killed at a call of git, or of a command."""
        folder = self.folder / "killer"
        script = folder / "git"
        if not script.exists():
            folder.mkdir()
            script.write_text(GIT)
            script.chmod(0o755)
        count = folder / "count"
        count.unlink(missing_ok=True)
        path = f"{folder}:{self.remote.environment['PATH']}"
        told = {"KILL_COUNT": str(count), "KILL_AT": str(at), "KILL_WHEN": when}
        return {"PATH": path, "KILL_COMMAND": command, **told}


def runner(where: Project, *words: str, kill: Mapping[str, str] | float = 0) -> Runner:
    """A command and where it is run."""
    if isinstance(kill, Mapping):
        return Runner(str(where.root), words, kill)
    return Runner(str(where.root), words, kill=kill)


def lay_out(project: Project) -> None:
    """Two models and two environments, in place of one model."""
    text = project.path(spec_path("ripe")).read_text("utf-8")
    project.write(spec_path("sweet"), text.replace("name: ripe", "name: sweet"))
    data = project.path(DATA).read_bytes()
    project.write("models/sweet/fruit.csv", data)
    for name, promote in ENVIRONMENTS.items():
        project.write(f"environments/{name}.yaml", environment_file(name, promote))


def _link(source: str, target: str) -> str:
    """The bytes of finished steps are linked: nothing ever changes them."""
    Path(target).hardlink_to(source)
    return target
