"""Where each key and value of a file stands, for messages that point into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from modelspec.diagnostics import Diagnostic, Location

Path = tuple[str | int, ...]
"""Keys and list indexes from the top of the file: `("data", "target", "column")`."""


class Node:
    """One value of a file, with where it begins and what is below it.

    Attributes:
        line: counted from 0, as `column`.
        value: text, None for a plain null, a tuple, or a dict.
        keys: of a mapping: where each key begins.
        children: of a mapping or list, by key or index.
    """

    __slots__ = ("children", "column", "keys", "line", "value")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.value: object = None
        self.keys: dict[str, tuple[int, int]] = {}
        self.children: dict[str | int, Node] = {}


@dataclass(frozen=True, slots=True)
class Places:
    """Places of one file. A path that is not there answers with what encloses it.

    Attributes:
        file: its name in messages.
        lines: its text, split at line ends.
        root: the top mapping.
    """

    file: str
    lines: Sequence[str] = field(repr=False)
    root: Node = field(repr=False)

    def find(self, path: Path) -> Node | None:
        """The node at a path; None where the file does not have it."""
        node: Node | None = self.root
        for step in path:
            if node is None:
                return None
            node = node.children.get(step)
        return node

    def value(self, path: Path) -> Location:
        """Where the value at a path begins."""
        node = self._nearest(path)[0]
        return self._location(node.line, node.column)

    def key(self, path: Path) -> Location:
        """Where the key at a path begins; the value, for items of a list."""
        node, parent, step = self._nearest(path)
        if parent is not None and isinstance(step, str) and step in parent.keys:
            return self._location(*parent.keys[step])
        return self._location(node.line, node.column)

    def within(self, path: Path, offset: int) -> Location:
        """Where a character of the text at a path stands, counted from 0.

        Its beginning, where the text is folded over lines or has escapes.
        """
        node = self._nearest(path)[0]
        line = self.lines[node.line] if node.line < len(self.lines) else ""
        if isinstance(node.value, str):
            for quote in (0, 1):
                start = node.column + quote
                if line.startswith(node.value, start):
                    return self._location(node.line, start + offset)
        return self._location(node.line, node.column)

    def excerpt(self, location: Location) -> str:
        """The line at a place, as the user wrote it."""
        number = location.line - 1
        return self.lines[number].rstrip("\r") if 0 <= number < len(self.lines) else ""

    def diagnostic(self, message: str, location: Location, hint: str = "") -> Diagnostic:
        """A problem at a place of this file, with the line as its excerpt."""
        return Diagnostic(message, location, hint, self.excerpt(location))

    def _nearest(self, path: Path) -> tuple[Node, Node | None, str | int | None]:
        node, parent, last = self.root, None, None
        for step in path:
            child = node.children.get(step)
            if child is None:
                break
            node, parent, last = child, node, step
        return node, parent, last

    def _location(self, line: int, column: int) -> Location:
        return Location(self.file, line + 1, column + 1)
