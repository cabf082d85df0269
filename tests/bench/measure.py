"""What commands cost, taken in turn, so that a busy moment of the machine hits all alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

STOPWATCH = Path(__file__).with_name("stopwatch.py")


@dataclass(frozen=True, slots=True)
class Row:
    """A command and what it may cost.

    Attributes:
        bound: at most so many times `python -c pass`; None: only told.
        mebibytes: at most so much memory in its largest process; None: only told.
        before: makes things as they have to be before each run, outside of the measurement.
        every: it is run in each round that this divides: what takes long needs fewer runs.
    """

    name: str
    command: Sequence[str]
    folder: Path
    bound: float | None = None
    mebibytes: float | None = None
    before: Callable[[], None] = lambda: None
    every: int = 1


@dataclass(slots=True)
class Cost:
    """What the runs of one command cost: seconds on the clock, seconds of CPU, peak MiB."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)

    @property
    def middle(self) -> float:
        """The median of the seconds on the clock."""
        return median(self.wall)

    @property
    def spread(self) -> float:
        """The middle half of the runs, as a share of their median."""
        if len(self.wall) < 2:
            return 0.0
        low, _, high = quantiles(self.wall, n=4, method="inclusive")
        return (high - low) / self.middle


def measured(rows: Sequence[Row], rounds: int, variables: Mapping[str, str]) -> dict[str, Cost]:
    """The cost of each row, by its name.

    Args:
        rows: what to run.
        rounds: how often; one more comes first, which is not counted.
        variables: of the environment, beyond what is inherited.
    """
    costs = {row.name: Cost() for row in rows}
    with _stopwatch(variables) as run:
        for number in range(rounds + 1):
            for row in rows:
                if number % row.every:
                    continue
                row.before()
                used = run(row)
                if number:
                    cost = costs[row.name]
                    cost.wall.append(used["wall"])
                    cost.cpu.append(used["cpu"])
                    cost.peak.append(used["peak"])
    return costs


@contextmanager
def _stopwatch(variables: Mapping[str, str]) -> Iterator[Callable[[Row], dict[str, float]]]:
    process = subprocess.Popen(
        [sys.executable, "-I", str(STOPWATCH)],
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError

    def run(row: Row) -> dict[str, float]:
        wanted = {"command": [str(word) for word in row.command], "folder": str(row.folder)}
        print(json.dumps(wanted), file=process.stdin, flush=True)
        used: dict[str, float] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
        if used["code"]:
            sys.exit(f"{' '.join(row.command)} in {row.folder} ended with {used['code']:.0f}")
        return used

    try:
        yield run
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()
