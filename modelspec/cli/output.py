"""How results look on a terminal, and in a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.status import Status

    from modelspec.plan.plan import Step

NAME, WHAT = 9, 56


def row(name: str, text: str, seconds: float | None = None) -> str:
    """One line about a step: name, words, and how long it took."""
    stage, _, rest = name.partition(".")
    took = "" if seconds is None else f"  {_took(seconds)}"
    return f"  {stage:<{NAME}} {f'{rest} {text}'.strip():<{WHAT}}{took}".rstrip()


def _took(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def progress(sofar: float, began: float, text: str) -> str:
    """Words for a step under way, with the time that is left."""
    elapsed = time.monotonic() - began
    if sofar <= 0 or elapsed < 1:
        return text
    return f"{text}, {_took(elapsed * (1 - sofar) / sofar)} left"


class PlainReport:
    """A line when a step ends, for logs and pipes."""

    def started(self, step: Step) -> None:
        """Nothing: the line comes when the step is finished."""

    def progress(self, step: Step, text: str, done: float) -> None:
        """Nothing: a log is no place for a moving line."""

    def finished(self, step: Step, text: str, seconds: float) -> None:
        """One line."""
        say(row(step.name, text, seconds))

    def warn(self, text: str) -> None:
        """Goes to standard error."""
        complain(f"warning: {text.removeprefix('warning: ')}")


class LiveReport(PlainReport):
    """The same lines, and below them one that moves, on a terminal."""

    def __init__(self) -> None:
        self._status: Status | None = None
        self._began = 0.0

    def started(self, step: Step) -> None:
        """Show the step's name while it runs."""
        from rich.console import Console
        from rich.text import Text

        self._began = time.monotonic()
        self._status = Console().status(Text(row(step.name, "...").strip()), spinner="line")
        self._status.start()

    def progress(self, step: Step, text: str, done: float) -> None:
        """Change the moving line."""
        from rich.text import Text

        if self._status:
            self._status.update(Text(row(step.name, progress(done, self._began, text)).strip()))

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


def report() -> PlainReport:
    """A moving line on a terminal, plain lines elsewhere."""
    return LiveReport() if sys.stdout.isatty() else PlainReport()


def say(text: str) -> None:
    """Print to standard output, without control characters."""
    sys.stdout.write(clean(text) + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print to standard error, without control characters."""
    sys.stderr.write(clean(text) + "\n")


def clean(text: str) -> str:
    """Text of users must not move the cursor of whoever reads the log."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
