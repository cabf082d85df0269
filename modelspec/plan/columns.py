"""Text in columns, as plans and runs are printed: nothing is wider than a terminal of 80."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

NAME, WIDTH = 9, 78


def fold(text: str, width: int) -> list[str]:
    """Lines of at most `width`, broken behind a comma or semicolon where there is one.

    A single word that is longer stays whole: it may be a path that somebody wants to copy.
    """
    lines: list[str] = []
    for part in re.split(r"(?<=[,;]) ", text):
        for word in [part] if len(part) <= width else part.split(" "):
            if lines and len(lines[-1]) + 1 + len(word) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
    return lines or [""]


def number(value: float, digits: int = 3) -> str:
    """A number for people: so many significant digits, and whole from there on, never `1e+04`."""
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e+" in text else text


def took(seconds: float) -> str:
    """A duration for people: `0.3 s`, `12 s`, `17 min`."""
    if seconds >= 600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"


def row(name: str, cells: Sequence[tuple[str, int]]) -> str:
    """A row of a table, of as many lines as its longest cell takes.

    Args:
        name: of a step, such as `export.onnx`; what follows the point begins the first cell.
        cells: text and width of each.
    """
    stage, _, rest = name.partition(".")
    (first, width), *others = cells
    texts = [(f"{rest} {first}".strip(), width), *others]
    lines: list[str] = []
    for line in zip_longest(*(fold(text, wide) for text, wide in texts), fillvalue=""):
        columns = zip(line, texts, strict=True)
        shown = "  ".join(f"{part:<{wide}}" for part, (_, wide) in columns)
        lines.append(f"  {'' if lines else stage:<{NAME}} {shown}".rstrip())
    return "\n".join(lines)
