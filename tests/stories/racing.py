"""Commands that begin at one instant: each in a process of its own, forked when all is imported.

Whoever runs this file sends lines of JSON, each a list of commands, and is answered with how they
ended. That modules are imported once is all that differs from the console script: what races is
what commands do, not how fast they start.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, NoReturn

PATIENCE = 120.0


@dataclass(frozen=True)
class Runner:
    """One who runs modelspec.

    Attributes:
        root: where.
        words: of the command line.
        environment: added to that of all.
        before: a command that comes first.
        delay: seconds after the start until it begins.
        kill: seconds after the start until it is killed; 0 for never.
    """

    root: str
    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    delay: float = 0.0
    kill: float = 0.0


@dataclass(frozen=True)
class Ended:
    """How a command ended; `said` is all that it printed."""

    code: int
    said: str


class Track:
    """Where runners race."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def race(self, *runners: Runner) -> list[Ended]:
        """Start all of them at once; returns how each ended."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([asdict(runner) for runner in runners]) + "\n")
        self._process.stdin.flush()
        return [Ended(**ended) for ended in json.loads(self._process.stdout.readline())]


@contextmanager
def track(environment: Mapping[str, str]) -> Iterator[Track]:
    """A process in which everything is imported, while the block runs."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__))],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Track(process)
    finally:
        process.communicate(timeout=PATIENCE)


def main() -> None:
    _import_everything()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_together(json.loads(line))) + "\n")
        sys.stdout.flush()


def _import_everything() -> None:
    from importlib import import_module

    import modelspec.stages

    import_module("modelspec.cli.app")
    for path in sorted(Path(modelspec.stages.__path__[0]).glob("*.py")):
        import_module(f"modelspec.stages.{path.stem}")
    for name in ("base", "engine", "image", "tags"):
        import_module(f"modelspec.adapters.{name}")


def _together(runners: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    wait, go = os.pipe()
    running: list[tuple[int, IO[bytes]]] = []
    for runner in runners:
        said = tempfile.TemporaryFile()  # noqa: SIM115  (closed when the child has ended)
        process = os.fork()
        if process == 0:
            os.close(go)
            _run(runner, said.fileno(), wait)
        running.append((process, said))
    os.close(wait)
    os.close(go)  # nobody can write any more: everybody who waits to read goes on
    began = time.monotonic()
    kills = [began + runner["kill"] if runner["kill"] else None for runner in runners]
    return [_ended(*each, kill) for each, kill in zip(running, kills, strict=True)]


def _ended(process: int, said: IO[bytes], kill: float | None) -> dict[str, Any]:
    if kill is not None:
        time.sleep(max(0.0, kill - time.monotonic()))
        os.kill(process, signal.SIGKILL)  # it is waited for below, so its number is still its own
    _, status = os.waitpid(process, 0)
    with said:
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    return {"code": os.waitstatus_to_exitcode(status), "said": text}


def _run(runner: Mapping[str, Any], said: int, wait: int) -> NoReturn:
    code: Any = 99
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.chdir(runner["root"])
        os.environ.update(runner["environment"])
        os.read(wait, 1)
        time.sleep(runner["delay"])
        if runner["before"]:
            subprocess.run(runner["before"], check=True)
        code = _modelspec(runner["words"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _modelspec(words: Sequence[str]) -> int:
    from modelspec.__main__ import main as modelspec

    sys.argv = ["modelspec", *words]
    try:
        modelspec()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    main()
