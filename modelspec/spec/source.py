"""YAML text to plain data and places, in one pass over the parser's events.

Nothing here guesses types: scalars stay text, and the schema decides what they mean. What can
surprise a reader or exhaust the machine is refused: duplicate keys, anchors, aliases, tags, a
second document, deep nesting, large files, characters that hide text.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from modelspec.diagnostics import Diagnostic, InputError, Location
from modelspec.spec.characters import HIDDEN_CHARACTERS, decode, name_of_character
from modelspec.spec.places import Node, Path, Places
from modelspec.spec.scalar import Plain, show
from modelspec.spec.syntax import explain

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_NODES = 10_000
SHOWN_OF_A_KIND = 5
MAX_PROBLEMS = 50  # more would not be read, and would take long to explain

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_HIDDEN = re.compile(HIDDEN_CHARACTERS)

Parser = Callable[[str], Iterator[yaml.Event]]


def c_events(text: str) -> Iterator[yaml.Event]:
    """Events of libyaml, the fast parser."""
    from yaml._yaml import CParser

    return iter(CParser(text).get_event, None)


def python_events(text: str) -> Iterator[yaml.Event]:
    """Events of PyYAML's own parser, where it was built without libyaml."""
    return iter(yaml.parse(text, Loader=yaml.SafeLoader))


HAS_C_PARSER: bool = yaml.__with_libyaml__


@dataclass(slots=True)
class Source:
    """What a file says, before anything is known about what it should say.

    Attributes:
        places: where everything stands; `places.root.value` is the plain data.
        problems: what is wrong so far.
        unknown: paths whose value could not be read, because of one of `problems`.
    """

    places: Places
    problems: list[Diagnostic] = field(default_factory=list)
    unknown: set[Path] = field(default_factory=set)

    @property
    def tree(self) -> dict[str, Any]:
        """The plain data: dicts, tuples, `Plain` or quoted text, and None for a plain null."""
        value = self.places.root.value
        return value if isinstance(value, dict) else {}


class _Stop(Exception):
    """Reading on makes no sense."""


def read(content: bytes, file: str, parser: Parser | None = None) -> Source:
    """Read a YAML file whose top is a mapping.

    Args:
        content: its bytes.
        file: its name, for messages.
        parser: of events; left out: the fastest there is.

    Raises:
        InputError: if it cannot be read at all. What can be pointed at while reading goes on
            is in `Source.problems` instead.
    """
    if len(content) > MAX_BYTES:
        raise InputError(
            Diagnostic(
                f"the file is larger than 1 MB ({len(content):,} bytes)",
                Location(file, 1, 1),
                "a spec names its data by path and does not hold it",
            )
        )
    text = decode(content, file)
    reader = _Reader(Source(Places(file, text.split("\n"), Node(0, 0))))
    parse = parser or (c_events if HAS_C_PARSER else python_events)
    try:
        reader.read(parse(text))
    except _Stop:
        raise InputError(*reader.source.problems) from None
    except yaml.MarkedYAMLError as error:
        reader.not_yaml(error)
        raise InputError(*reader.source.problems) from None
    except yaml.YAMLError:
        raise InputError(Diagnostic("this is not YAML", Location(file, 1, 1))) from None
    return reader.source


class _Frame:
    """A mapping or list that is still open; `key` is what the next value belongs to."""

    __slots__ = ("items", "key", "node", "pairs")

    def __init__(self, node: Node, *, mapping: bool) -> None:
        self.node = node
        self.pairs: dict[str, Any] | None = {} if mapping else None
        self.items: list[Any] = []
        self.key: str | int | None = None if mapping else 0


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self._stack: list[_Frame] = []
        self._nodes = 0
        self._refused: Counter[str] = Counter()

    def read(self, events: Iterator[yaml.Event]) -> None:
        documents = 0
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._open(event, mapping=kind is yaml.MappingStartEvent)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._close()
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                self._document(event, documents)
        if not documents:
            hint = "the least there is: apiVersion, kind, metadata, task, data, model"
            self._stop("the file is empty", 0, 0, hint)

    def problem(self, message: str, line: int, column: int, hint: str = "") -> None:
        places = self.source.places
        location = Location(places.file, line + 1, column + 1)
        self.source.problems.append(places.diagnostic(message, location, hint))
        if len(self.source.problems) >= MAX_PROBLEMS:
            raise _Stop

    def not_yaml(self, error: yaml.MarkedYAMLError) -> None:
        """Notes an error of the parser; at the end of the file, where the open part began."""
        lines = self.source.places.lines
        message, hint, line, column = explain(error, lines)
        rest = lines[line][column:] if line < len(lines) else ""
        if self._stack and not rest.strip() and line >= len(lines) - 1:
            frame = self._stack[-1]
            message = f"this {'list' if frame.pairs is None else 'mapping'} is never closed"
            line, column, hint = frame.node.line, frame.node.column, "add the closing bracket"
        with contextlib.suppress(_Stop):
            self.problem(message, line, column, hint)

    def _refuse(self, what: str, mark: Any, hint: str = "") -> None:
        """Notes a part of YAML that specs do without; often there are many of one kind."""
        self._refused[what] += 1
        if self._refused[what] < SHOWN_OF_A_KIND:
            self.problem(f"{what} are not allowed", mark.line, mark.column, hint)
        elif self._refused[what] == SHOWN_OF_A_KIND:
            hint = "further ones are not listed"
            self.problem(f"{what} are not allowed", mark.line, mark.column, hint)

    def _stop(self, message: str, line: int, column: int, hint: str = "") -> None:
        self.problem(message, line, column, hint)
        raise _Stop

    def _document(self, event: Any, number: int) -> None:
        mark = event.start_mark
        if number > 1:
            self._stop(
                "a second document begins here", mark.line, mark.column, "one file, one spec"
            )
        if event.tags or event.version:
            self.problem(
                "directives (lines that begin with %) are not allowed", mark.line, mark.column
            )

    def _scalar(self, event: Any) -> None:
        mark, text, style = event.start_mark, event.value, event.style
        if style == '"' and (hidden := _HIDDEN.search(text)):
            message = f"{name_of_character(hidden[0])} is not allowed, nor as an escape"
            self.problem(message, mark.line, mark.column)
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.key is None:
            self._properties(event, is_key=True)
            self._key(frame, text, mark)
            return
        node = self._node(event, mark)
        if style or not event.implicit[0]:
            node.value = text
        elif text not in _NULLS:
            node.value = Plain(text)
        self._add(node)

    def _key(self, frame: _Frame, text: str, mark: Any) -> None:
        frame.key = text
        keys = frame.node.keys
        if text not in keys:
            keys[text] = (mark.line, mark.column)
            return
        line, column = keys[text]
        place = Location(self.source.places.file, line + 1, column + 1)
        message = f"duplicate key {show(text)}: it is already at {place}"
        self.problem(message, mark.line, mark.column, "keep one of the two")

    def _open(self, event: Any, *, mapping: bool) -> None:
        frame = self._stack[-1] if self._stack else None
        mark = event.start_mark
        if frame is None and not mapping:
            self._stop("a list at the top, where keys are needed", mark.line, mark.column)
        if frame is not None and frame.key is None:
            template = "{{" in self.source.places.lines[mark.line]
            hint = "template markers such as {{ x }} are not expanded here" if template else ""
            self._stop("a key must be text, not a list or mapping", mark.line, mark.column, hint)
        if len(self._stack) >= MAX_DEPTH:
            self._stop(f"nesting is deeper than {MAX_DEPTH} levels", mark.line, mark.column)
        self._stack.append(_Frame(self._node(event, mark), mapping=mapping))

    def _close(self) -> None:
        frame = self._stack.pop()
        frame.node.value = tuple(frame.items) if frame.pairs is None else frame.pairs
        self._add(frame.node)

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        self._refuse("aliases (`*name`)", mark, "write the value again where it is needed")
        frame = self._stack[-1] if self._stack else None
        if frame is None or frame.key is None:
            raise _Stop
        self.source.unknown.add(self._path())
        self._add(Node(mark.line, mark.column))

    def _node(self, event: Any, mark: Any) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(f"more than {MAX_NODES:,} values in one file", mark.line, mark.column)
        self._properties(event, is_key=False)
        return Node(mark.line, mark.column)

    def _properties(self, event: Any, *, is_key: bool) -> None:
        if event.anchor is not None:
            self._refuse("anchors (`&name`)", event.start_mark)
        if event.tag is not None:
            hint = "to begin text with ! put it in quotes"
            self._refuse("tags (`!...`)", event.start_mark, hint)
            if not is_key:
                self.source.unknown.add(self._path())

    def _path(self) -> Path:
        return tuple(frame.key for frame in self._stack if frame.key is not None)

    def _add(self, node: Node) -> None:
        """Puts a finished value where it belongs; of a key written twice the first stays."""
        if not self._stack:
            if not isinstance(node.value, dict):
                self._stop("a text at the top, where keys are needed", node.line, node.column)
            self.source.places = Places(self.source.places.file, self.source.places.lines, node)
            return
        frame = self._stack[-1]
        key = frame.key
        if key is None:  # pragma: no cover  (a parser never sends a value before its key)
            raise _Stop
        if frame.pairs is None:
            frame.items.append(node.value)
            frame.node.children[key] = node
            frame.key = len(frame.items)
            return
        if key not in frame.node.children:
            frame.pairs[str(key)] = node.value
            frame.node.children[key] = node
        frame.key = None
