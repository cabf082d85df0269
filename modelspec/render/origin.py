"""Which line of which template made a place in a rendered file: looked for when it is wrong.

The template is rendered once more, with a mark before whatever it places. What is left without
the marks has to be the same text, or nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from modelspec.diagnostics import Diagnostic, Location
from modelspec.render.engine import at_line, loader, text_at
from modelspec.render.limits import limited
from modelspec.render.quote import yaml_value
from modelspec.render.sandbox import Sandbox

_MARK = re.compile("\ue000([0-9]+)\ue001")  # of private use: no template has a meaning for them

Place = tuple[str, int]


def traced(
    found: Diagnostic,
    name: str,
    templates: Mapping[str, str],
    context: Mapping[str, Any],
    text: str,
) -> Diagnostic:
    """A mistake in a rendered file as one in the template that made it, if that can be told.

    Args:
        found: the mistake; its location is in the rendered file.
        name: of the template that was rendered.
        templates: as `engine.render` takes them.
        context: that it was rendered with.
        text: that was rendered.
    """
    if found.location is None:
        return found
    place = _origin(found.location, name, templates, context, text)
    if place is None:
        return replace(found, hint="the place is in the rendered text, which was not written")
    path, line = place
    said = f"line {found.location.line} of {found.location.file}"
    if shown := found.excerpt.strip():
        said += f": {shown[:60]}"
    return at_line(path, text_at(path, templates), line, f"{found.message} ({said})", found.hint)


def _origin(
    wrong: Location, name: str, templates: Mapping[str, str], context: Mapping[str, Any], text: str
) -> Place | None:
    environment = _Marking(templates)
    try:
        with limited():
            marked = environment.get_template(name).render(context)
    except Exception:  # noqa: BLE001 - the marks alone may be too much
        return None
    if _MARK.sub("", marked) != text:
        return None
    before = text.splitlines(keepends=True)[: wrong.line - 1]
    offset = sum(map(len, before)) + wrong.column - 1
    made: Place | None = None
    for start, number in _marks(marked):
        if start > offset:
            break
        made = environment.places[number]
    return made


def _marks(marked: str) -> Iterator[tuple[int, int]]:
    """Where each mark is in the text without marks, and its number."""
    removed = 0
    for match in _MARK.finditer(marked):
        yield match.start() - removed, int(match[1])
        removed += len(match[0])


class _Marking(Sandbox):
    """Marks all text with where it comes from."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        super().__init__(yaml_value, loader=loader(templates))
        self.places: list[Place] = []

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,  # noqa: FBT001, FBT002  (Jinja's)
    ) -> str:
        marked = _Marks(self.places, filename or "").visit(source)
        return super()._generate(marked, name, filename, defer_init)


class _Marks(NodeTransformer):
    def __init__(self, places: list[Place], path: str) -> None:
        self._places = places
        self._path = path

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802
        made: list[nodes.Expr] = []
        for child in node.nodes:
            texts = child.data.split("\n") if isinstance(child, nodes.TemplateData) else ()
            for number, line in enumerate(texts):
                end = "\n" if number else ""  # of the line before
                made.append(nodes.TemplateData(end + self._mark(child.lineno + number) + line))
            if not texts:
                made += [nodes.TemplateData(self._mark(child.lineno)), child]
        node.nodes = made
        return self.generic_visit(node)

    def _mark(self, line: int) -> str:
        self._places.append((self._path, line))
        return f"\ue000{len(self._places) - 1}\ue001"
