"""How results look on a terminal, and in a log."""

from __future__ import annotations

import os
import sys
import time
from itertools import groupby
from typing import TYPE_CHECKING

from modelspec.plan import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.status import Status
    from rich.text import Text

    from modelspec.plan.plan import Step

NAME, WHAT, TOOK = 9, 58, 6
NO_MODEL = "there is no model.yaml any more"


def row(name: str, text: str, seconds: float | None = None) -> str:
    """What there is to say about a step, and how long it took; long texts take several lines."""
    if seconds is None:
        return columns.row(name, [(text, WHAT + 2 + TOOK)])
    return columns.row(name, [(text, WHAT), (f"{columns.took(seconds):>{TOOK}}", TOOK)])


def written(paths: Sequence[Path], root: Path) -> Iterator[str]:
    """Files in words, a line for each folder: their names, or how many they are."""
    for folder, inside in groupby(paths, lambda path: path.parent):
        names = [path.name for path in inside]
        files = ", ".join(names) if len(names) < 3 else f"{len(names)} files"
        yield f"{folder.relative_to(root)}: {files}"


class PlainReport:
    """A line when a step ends, for logs and pipes; above the first a title, if there is one."""

    def __init__(self, title: str = "") -> None:
        self._title = title

    def started(self, step: Step) -> None:  # noqa: ARG002
        """The title; the step's line comes when it is finished."""
        self._head()

    def _head(self) -> None:
        if self._title:
            say(self._title)
            self._title = ""

    def progress(self, step: Step, text: str, done: float) -> None:
        """Nothing: a log is no place for a moving line."""

    def finished(self, step: Step, text: str, seconds: float) -> None:
        """What came out, and how long it took."""
        say(row(step.name, text, seconds))

    def warn(self, text: str) -> None:
        """Goes to standard error."""
        complain(f"warning: {text.removeprefix('warning: ')}")


class LiveReport(PlainReport):
    """The same lines, and below them one that moves, on a terminal."""

    def __init__(self, title: str = "") -> None:
        super().__init__(title)
        self._status: Status | None = None
        self._first: tuple[float, float] | None = None

    def started(self, step: Step) -> None:
        """Show the step's name while it runs."""
        from rich.console import Console

        self._head()
        self._first = None
        self._status = Console().status(_moving(step, "..."), spinner="line")
        self._status.start()

    def progress(self, step: Step, text: str, done: float) -> None:
        """Change the moving line."""
        if self._status:
            now = time.monotonic()
            self._first = self._first or (now, done)
            self._status.update(_moving(step, text + left(*self._first, now, done)))

    def finished(self, step: Step, text: str, seconds: float) -> None:
        """Put the final line in place of the moving one."""
        self.stop()
        super().finished(step, text, seconds)

    def stop(self) -> None:
        """Remove the moving line, also when the step failed."""
        if self._status:
            self._status.stop()
            self._status = None

    def warn(self, text: str) -> None:
        """Above the moving line."""
        super().warn(text)


def left(began: float, at: float, now: float, done: float) -> str:
    """What is still to come, in words: at most, because training may stop early.

    Args:
        began: when the first progress was told; what came before (imports) does not count.
        at: the share that was done then.
        now: the time.
        done: the share that is done.
    """
    if done <= at or now - began < 1:
        return ""
    return f", at most {columns.took((now - began) * (1 - done) / (done - at))} left"


def _moving(step: Step, text: str) -> Text:
    from rich.text import Text

    stage, _, rest = step.name.partition(".")
    words = f"{stage:<{NAME}} {f'{rest} {text}'.strip()}"
    return Text(words, no_wrap=True, overflow="ellipsis")


def report(title: str = "") -> PlainReport:
    """A moving line on a terminal, plain lines elsewhere."""
    return LiveReport(title) if sys.stdout.isatty() else PlainReport(title)


def say(text: str) -> None:
    """Print to standard output, without control characters."""
    try:
        sys.stdout.write(clean(text) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # click would make it exit code 1, which is a bug of ours
        raise SystemExit(unread()) from None


def unread() -> int:
    """Say no more, since nobody reads it; returns the exit code of a closed pipe."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(null, stream.fileno())
    return 141


def complain(text: str) -> None:
    """Print to standard error, without control characters."""
    sys.stderr.write(clean(text) + "\n")


def warn_of_slow_parser() -> None:
    """Tell where specs are read by the slow parser."""
    from modelspec.spec.source import HAS_C_PARSER

    if not HAS_C_PARSER:
        complain(
            "warning: PyYAML is built without libyaml, so that reading specs takes ten times as "
            "long\n  hint: modelspec doctor"
        )


def clean(text: str) -> str:
    """Text of users must not move the cursor of whoever reads the log."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
