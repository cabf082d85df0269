"""Diagnostics as text for other programs: JSON, and GitHub's annotations and job summary. Pure.

It stands beside the commands rather than in `diagnostics.py`, which every room imports: only
commands print.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence

from modelspec.cli.output import clean
from modelspec.diagnostics import Diagnostic, in_order

FORMAT_VERSION = 1
ANNOTATIONS = 10  # GitHub shows no more of a step
SUMMARY_BYTES = 900_000  # GitHub refuses a summary above 1024 k
_LONGEST = 2000  # characters of an annotation's message


def as_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One object in ASCII; `file`, `line` and `column` are null where no file is at fault."""
    listed = [
        {
            "file": diagnostic.location.file if diagnostic.location else None,
            "line": diagnostic.location.line if diagnostic.location else None,
            "column": diagnostic.location.column if diagnostic.location else None,
            "severity": diagnostic.severity,
            "message": diagnostic.message,
            "hint": diagnostic.hint,
        }
        for diagnostic in in_order(diagnostics)
    ]
    return json.dumps({"format_version": FORMAT_VERSION, "diagnostics": listed}, indent=1)


def by_importance(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Errors before warnings, each in the order of the files."""
    return sorted(in_order(diagnostics), key=lambda d: d.severity == "warning")


def workflow_commands(diagnostics: Iterable[Diagnostic], folder: str = "") -> list[str]:
    """What GitHub shows at the lines of a change: the most important of them.

    Args:
        diagnostics: any number.
        folder: where the files of their locations are, relative to the top of the repository;
            empty: there.

    Returns:
        At most as many as GitHub shows of one step.
    """
    return [_annotation(d, folder) for d in by_importance(diagnostics)[:ANNOTATIONS]]


def _annotation(diagnostic: Diagnostic, folder: str) -> str:
    properties = []
    if place := diagnostic.location:
        file = f"{folder}/{place.file}" if folder else place.file
        properties = [("file", file), ("line", str(place.line)), ("col", str(place.column))]
    properties.append(("title", "modelspec"))
    said = ",".join(f"{name}={_property(value)}" for name, value in properties)
    hint = f"\nhint: {diagnostic.hint}" if diagnostic.hint else ""
    return f"::{diagnostic.severity} {said}::{_data(f'{diagnostic.message[:_LONGEST]}{hint}')}"


def _data(text: str) -> str:
    """Escaped as the runner undoes it: a line break would end the command."""
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def without_commands(token: str) -> tuple[str, str]:
    """The lines between which nothing in a job's log is taken for a workflow command.

    Users write what a command prints, and may have written `::add-mask::`.

    Args:
        token: a word that nobody can guess.
    """
    return f"::stop-commands::{token}", f"::{token}::"


def count(diagnostics: Sequence[Diagnostic]) -> str:
    """Such as `2 errors, 1 warning`."""
    words = [
        f"{number} {severity}{'' if number == 1 else 's'}"
        for severity in ("error", "warning")
        if (number := sum(d.severity == severity for d in diagnostics))
    ]
    return ", ".join(words) or "no problems"


def summary(title: str, diagnostics: Iterable[Diagnostic], room: int = SUMMARY_BYTES) -> str:
    """All diagnostics in Markdown; nothing that users wrote is Markdown or HTML in it.

    Args:
        title: of the command.
        diagnostics: any number.
        room: bytes that it may take; what does not fit is counted.

    Returns:
        Empty if there is nothing to say, or no room to say it.
    """
    ordered = by_importance(diagnostics)
    if not ordered:
        return ""
    # Nothing is Markdown between <pre> and </pre>, which cannot occur in what is escaped.
    head, tail = f"### {title}: {count(ordered)}\n\n<pre>\n", "</pre>\n\n"
    left = room - len((head + tail).encode()) - 60
    if left < 0:
        return ""
    texts: list[str] = []
    for diagnostic in ordered:
        text = html.escape(clean(diagnostic.text())) + "\n"
        left -= len(text.encode())
        if left < 0:
            break
        texts.append(text)
    more = len(ordered) - len(texts)
    rest = f"and {more:,} more, which do not fit here\n" if more else ""
    return head + "".join(texts) + rest + tail
