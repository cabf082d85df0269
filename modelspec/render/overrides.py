"""Templates of a repository: what takes the place of ours, what extends it, what neither does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jinja2 import TemplateSyntaxError, nodes
from jinja2.meta import find_referenced_templates

from modelspec.diagnostics import Diagnostic, Location, TemplateError
from modelspec.render.engine import (
    BUILTIN,
    OWN,
    at_line,
    environment_of,
    near,
    of_syntax,
    path_of,
    text_at,
)

NOTE = """\
{{# A copy of builtin/{name}, which it replaces.
   It has to follow what a newer modelspec changes there. To change only a part, write instead

   {{% extends "builtin/{name}" %}}
   {{% block NAME %}}
   {{{{ super() }}}}
   {{% endblock %}}

   for which NAMEs: modelspec templates list #}}
"""
"""What stands at the top of a template that was copied to be edited."""

State = Literal["builtin", "replaced", "extended", "part"]


_MAKING_TEXT = (nodes.For, nodes.If, nodes.Include, nodes.CallBlock, nodes.FilterBlock)


@dataclass(frozen=True, slots=True)
class Listed:
    """A template, and what is made of it.

    Attributes:
        name: such as `kubernetes/serving.yaml.j2`.
        state: `builtin` as it comes with modelspec; `replaced` by a text of the repository, or
            `extended` by blocks of it; `part` of others of the repository.
        blocks: that can be overridden in ours, or that are overridden.
    """

    name: str
    state: State
    blocks: tuple[str, ...]


def check(templates: Mapping[str, str]) -> None:
    """Look at the templates of a repository, before any is rendered.

    Args:
        templates: path to text, as `engine.render` has them.

    Raises:
        TemplateError: everything that would be an error, or ignored without a word.
    """
    own = sorted(path for path in templates if path.startswith(OWN))
    trees: dict[str, nodes.Template] = {}
    problems: list[Diagnostic] = []
    for path in own:
        try:
            trees[path] = _tree(path, templates)
            _compile(path, templates[path])
        except TemplateError as error:
            problems += error.diagnostics
    used = {name for tree in trees.values() for name in find_referenced_templates(tree)}
    builtin = [path for path in templates if not path.startswith(OWN)]
    for path in own:
        name = path.removeprefix(OWN)
        if name.startswith(BUILTIN):
            message = f"the names below {BUILTIN} are those of the templates of modelspec"
            hint = f"put it at {OWN}{name.removeprefix(BUILTIN)}"
            problems.append(Diagnostic(message, Location(path, 1, 1), hint))
        elif name not in builtin and not used & {name, None}:
            message = "modelspec has no template of this name, and none of yours includes it"
            problems.append(Diagnostic(message, Location(path, 1, 1), near(name, builtin)))
    for path, tree in trees.items():
        problems += _problems(path, tree, templates)
    if problems:
        raise TemplateError(*problems)


def listed(templates: Mapping[str, str]) -> list[Listed]:
    """Every template by name. Raises as `check`."""
    check(templates)
    names = {path.removeprefix(OWN) for path in templates}
    return [_listed(name, templates) for name in sorted(names)]


def _listed(name: str, templates: Mapping[str, str]) -> Listed:
    path = path_of(name, templates) or name
    tree = _tree(path, templates)
    blocks = tuple(_blocks(tree))
    if path.startswith(BUILTIN):
        return Listed(name, "builtin", blocks)
    if name not in templates:
        return Listed(name, "part", blocks)
    return Listed(name, "extended" if _parents(tree) else "replaced", blocks)


def _tree(path: str, templates: Mapping[str, str]) -> nodes.Template:
    text = text_at(path, templates)
    try:
        return environment_of(frozenset()).parse(text, path, path)
    except TemplateSyntaxError as error:
        raise TemplateError(of_syntax(error, path, text)) from None
    except RecursionError:
        raise TemplateError(at_line(path, text, 1, "the template is nested too deep")) from None


def _compile(path: str, text: str) -> None:
    """Finds what can be found without rendering, such as filters that there are not."""
    try:
        environment_of(frozenset()).compile(text, path, path)
    except TemplateSyntaxError as error:
        raise TemplateError(of_syntax(error, path, text)) from None
    except SyntaxError:  # of Python, in what Jinja makes of the template
        raise TemplateError(at_line(path, text, 1, "the template is nested too deep")) from None


def _problems(
    path: str, tree: nodes.Template, templates: Mapping[str, str]
) -> Iterator[Diagnostic]:
    text = templates[path]
    names = [one.removeprefix(OWN) for one in templates]
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        for name in _constants(node):
            optional = isinstance(node, nodes.Include) and node.ignore_missing
            if path_of(name, templates) is None and not optional:
                hint = near(name.removeprefix(OWN), names)
                yield at_line(path, text, node.lineno, f"there is no template {name}", hint)
    parents = _parents(tree)
    if not parents:
        return
    if parents[0] == path.removeprefix(OWN):
        hint = f"write {BUILTIN}{parents[0]}"
        yield at_line(path, text, _line(tree, nodes.Extends), "this template extends itself", hint)
        return
    for line in (line for node in tree.body for line in _lost(node)):
        message = "this is not rendered: the template extends another, and it is outside of blocks"
        yield at_line(path, text, line, message, "put it into a block")
    known = _known_blocks(parents[0], templates)
    nested = {inner.name for block in tree.find_all(nodes.Block) for inner in _inner(block)}
    for block in tree.find_all(nodes.Block):
        if known and block.name not in known | nested:
            message = f"{parents[0]} has no block {block.name}, so this is not rendered"
            yield at_line(path, text, block.lineno, message, near(block.name, sorted(known)))


def _lost(node: nodes.Node) -> Iterator[int]:
    """Lines of what Jinja leaves out without a word when it stands beside `extends`."""
    if isinstance(node, nodes.Output):
        for part in node.nodes:
            if not isinstance(part, nodes.TemplateData):
                yield part.lineno
            elif text := part.data.lstrip():
                yield part.lineno + part.data[: -len(text)].count("\n")
    elif isinstance(node, _MAKING_TEXT):
        yield node.lineno


def _known_blocks(name: str, templates: Mapping[str, str]) -> set[str]:
    """The blocks of a template and of those that it extends; empty if that cannot be told."""
    found: set[str] = set()
    seen: set[str] = set()
    while (path := path_of(name, templates)) and path not in seen:
        seen.add(path)
        try:
            tree = _tree(path, templates)
        except TemplateError:
            return set()
        found |= set(_blocks(tree))
        parents = _parents(tree)
        if not parents:
            return found
        name = parents[0]
    return set()


def _blocks(tree: nodes.Template) -> list[str]:
    return [block.name for block in tree.find_all(nodes.Block)]


def _inner(block: nodes.Block) -> Iterator[nodes.Block]:
    yield from (found for child in block.body for found in child.find_all(nodes.Block))
    yield from (child for child in block.body if isinstance(child, nodes.Block))


def _parents(tree: nodes.Template) -> list[str]:
    """Names of templates that this one certainly extends."""
    extends = (node for node in tree.body if isinstance(node, nodes.Extends))
    return [name for node in extends for name in _constants(node)]


def _constants(node: Any) -> list[str]:
    """The name in a tag, if it is not calculated."""
    named = node.template
    return [named.value] if isinstance(named, nodes.Const) and isinstance(named.value, str) else []


def _line(tree: nodes.Template, kind: type[nodes.Node]) -> int:
    found = tree.find(kind)
    return found.lineno if found else 1
