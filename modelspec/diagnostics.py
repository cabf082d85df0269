"""What is wrong, where, and what to do about it; one exception class per exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A point in a file the user wrote. `line` and `column` count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing wrong: what it is, where it is, what to write or do instead.

    Attributes:
        message: one sentence, lower case, no full stop at the end.
        location: where, if a file is at fault.
        hint: what to write or do instead; may be empty.
        excerpt: the line of the file at `location`, as the user wrote it.
        severity: a warning never changes an exit code.
    """

    message: str
    location: Location | None = None
    hint: str = ""
    excerpt: str = ""
    severity: Literal["error", "warning"] = "error"

    def text(self) -> str:
        """The diagnostic as plain text, with the excerpt and a caret under the column."""
        where = f"{self.location}: " if self.location else ""
        warning = "warning: " if self.severity == "warning" else ""
        lines = [f"{where}{warning}{self.message}"]
        if self.location and self.excerpt:
            shown, caret = _window(self.excerpt, self.location.column)
            number = str(self.location.line)
            lines += [f"  {number} | {shown}", f"  {' ' * len(number)} | {' ' * caret}^"]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


def _window(line: str, column: int, width: int = 70) -> tuple[str, int]:
    """At most `width` characters of the line around the column, and where the caret goes."""
    start = 0 if column <= width - 10 else column - width // 2
    shown = line.rstrip("\r\n")[start : start + width]
    return "".join(c if c.isprintable() else " " for c in shown), column - 1 - start


class ModelspecError(Exception):
    """Something the user can act on. Carries every problem found, not just the first."""

    exit_code = 1

    def __init__(self, *problems: Diagnostic | str) -> None:
        self.diagnostics = tuple(Diagnostic(p) if isinstance(p, str) else p for p in problems)
        super().__init__("\n".join(d.text() for d in self.diagnostics))

    def __reduce__(self) -> tuple[type[ModelspecError], tuple[Diagnostic, ...]]:
        """Between processes it is what it was made of; by default it would be its text."""
        return type(self), self.diagnostics


class InputError(ModelspecError):
    """The spec, the data or the user's code is wrong."""

    exit_code = 3


class TemplateError(ModelspecError):
    """A template cannot be rendered, or what it renders is not valid."""

    exit_code = 4


class ModelRejected(ModelspecError):
    """The model is not good enough: a gate missed, training not finite, an export disagrees."""

    exit_code = 5


class WorldError(ModelspecError):
    """Git, the engine, the registry, the disk or the network does not allow it."""

    exit_code = 6


class OutOfDate(ModelspecError):
    """`--check` found something that is not as it should be."""

    exit_code = 7


class Conflict(ModelspecError):
    """Somebody else was first: try again."""

    exit_code = 8


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place in the files; those without a place come last, as they came."""
    return sorted(
        diagnostics,
        key=lambda d: (d.location is None, d.location or Location("", 0, 0)),
    )
