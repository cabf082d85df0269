"""What a hint says is accepted once it is done: tried on every message of the gallery.

The file is taken apart and put together again in flow style, with one part written as the hint
says, left out, or added. Then the message has to be gone; and where the hint is the whole remedy,
no other may have come.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
import yaml

from modelspec.diagnostics import Diagnostic, InputError
from tests.spec.test_gallery import CASES, FOLDER, problems_of, reader_of

# Hints that say what is needed, and leave the words to the reader.
PROSE = re.compile(
    r"write (a (path|number|share|key)|the path|its keys|each as|it in double|it like|host:port|"
    r"one gate|0 before|for each COLUMN|for class NAME)"
)


class File:
    """The text of a spec, and its parts."""

    def __init__(self, text: str) -> None:
        self.text = text
        root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
        self.root: yaml.Node = root
        self.parents: dict[int, tuple[yaml.Node, yaml.Node]] = {}
        self.nodes = list(self._below(self.root))

    def _below(self, node: yaml.Node) -> Iterator[yaml.Node]:
        yield node
        for child in () if isinstance(node, yaml.ScalarNode) else node.value:
            pair = child if isinstance(child, tuple) else (child,)
            for part in pair:
                self.parents[id(part)] = (node, pair[0])
                yield from self._below(part)

    def at(self, line: int, column: int) -> list[yaml.Node]:
        """The nodes that a place lies in, the innermost first."""
        index = sum(len(text) + 1 for text in self.text.split("\n")[: line - 1]) + column - 1
        found = [n for n in self.nodes if n.start_mark.index <= index < n.end_mark.index]
        return sorted(found, key=lambda n: n.end_mark.index - n.start_mark.index)

    def written(self, edits: dict[int, str | None], node: yaml.Node | None = None) -> str:
        """The text in flow style. An edit is a node's new text, or None to leave it out."""
        node = node or self.root
        given = edits.get(id(node))
        if given is not None and not given.startswith("+"):
            return given
        if isinstance(node, yaml.ScalarNode):
            return self.raw(node)
        pairs = [p if isinstance(p, tuple) else (p,) for p in node.value]
        kept = [p for p in pairs if all(edits.get(id(part), "") is not None for part in p)]
        items = [": ".join(self.written(edits, part) for part in p) for p in kept]
        items += [given[1:]] if given else []
        first, last = "{}" if isinstance(node, yaml.MappingNode) else "[]"
        return f"{first}{', '.join(items)}{last}"

    def raw(self, node: yaml.ScalarNode) -> str:
        text = self.text[node.start_mark.index : node.end_mark.index].strip()
        if node.style in ("|", ">") or "\n" in text:
            return json.dumps(node.value)
        return f"'{text}'" if node.style is None and re.search(r"[,\[\]{}#]", text) else text


def repaired(file: File, found: Diagnostic) -> list[Iterator[str]]:
    """For each thing that a hint offers, the texts that somebody could make of it."""
    assert found.location
    nodes = file.at(found.location.line, found.location.column)
    hint = found.hint
    if hint in ("leave it out", "keep one of the two", "delete it"):
        return [chain.from_iterable(without(file, node) for node in nodes[:3])]
    if match := re.fullmatch(r"add (?:below `.*:`|at the top level) a line such as `(.*)`", hint):
        return [(file.written({id(n): f"+{match[1]}"}) for n in mappings(file, nodes))]
    if match := re.fullmatch(r"did you mean `(.*)`\?", hint):
        return [] if "." in match[1] else [instead(file, nodes, match[1])]
    if match := re.fullmatch(r"known: (.*)", hint):
        return [instead(file, nodes, word) for word in match[1].split(", ")]
    if match := re.fullmatch(r"write (.*?)(, with.*| without quotes|, or .*)?", hint):
        words = [match[1]] if {*"[{"} & {*match[1]} else re.split(r", | or ", match[1])
        return [] if PROSE.match(hint) else [instead(file, nodes, word) for word in words]
    return []


def without(file: File, node: yaml.Node) -> Iterator[str]:
    yield file.written({id(node): None})
    if id(node) in file.parents:
        yield file.written({id(file.parents[id(node)][0]): None})


def mappings(file: File, nodes: list[yaml.Node]) -> Iterator[yaml.Node]:
    """Those at a place, and those that belong to a key there."""
    for node in nodes:
        if id(node) in file.parents:
            above, _ = file.parents[id(node)]
            if isinstance(above, yaml.MappingNode):
                yield from (v for k, v in above.value if k is node)
        yield node


def instead(file: File, nodes: list[yaml.Node], words: str) -> Iterator[str]:
    """The words in place of a part at a place, or of some of its text."""
    key, colon, value = words.partition(": ")
    for node in nodes if colon else ():
        if isinstance(node, yaml.MappingNode):
            edits = {id(v): value for k, v in node.value if k.value == key}
            yield file.written({**edits})
    for node in nodes[:2]:
        yield file.written({id(node): words})
        if isinstance(node, yaml.ScalarNode):
            tokens = [m.span() for m in re.finditer(r"\S+|[<>=!]+", node.value)]
            for start, end in ((a[0], b[1]) for a in tokens for b in tokens if a[0] <= b[0]):
                yield file.written({id(node): f"{node.value[:start]}{words}{node.value[end:]}"})


def told(text: str, case: str) -> Counter[str]:
    reader, file = reader_of(case)
    try:
        reader(text.encode(), file)
    except InputError as error:
        return Counter(d.message for d in error.diagnostics)
    return Counter()


def file_of(case: str) -> File | None:
    """A file that can be taken apart: not one whose hints are about size, aliases, or YAML."""
    text = (FOLDER / f"{case}.yaml").read_bytes().decode("utf-8-sig", "replace")
    text = text.replace("\r\n", "\n")
    try:
        events = list(yaml.parse(text)) if len(text) < 5000 else []
        simple = events and not any(isinstance(event, yaml.AliasEvent) for event in events)
        return File(text) if simple else None
    except (yaml.YAMLError, AttributeError):
        return None


def offers(case: str) -> Iterator[tuple[File, Diagnostic, list[Iterator[str]]]]:
    """The problems of a file with hints that can be carried out."""
    if file := file_of(case):
        for found in problems_of(case).diagnostics:
            if todo := repaired(file, found):
                yield file, found, todo


@pytest.mark.parametrize("case", CASES)
def test_doing_what_a_hint_says_helps(case: str) -> None:
    for file, found, todo in offers(case):
        before = told(file.written({}), case)
        if found.message not in before:
            continue  # about how the file is laid out
        whole = 0
        for offered in todo:
            made = (told(text, case) for text in offered)
            after = [a for a in made if a[found.message] < before[found.message]]
            assert after, found.text()
            whole += any(not a.keys() - before.keys() for a in after)
        assert whole or found.hint.startswith(("known", "leave")), found.text()


def test_hints_of_every_kind_are_tried() -> None:
    tried = Counter(
        found.hint.split(" ")[0] for case in CASES for _, found, todo in offers(case) for _ in todo
    )
    assert tried["write"] > 40
    assert tried["did"] > 20
    assert tried["known:"] > 50
    assert tried["leave"] > 15
    assert tried["add"] > 5
