"""YAML read back strictly: what was rendered must mean one thing to every reader."""

from __future__ import annotations

from typing import Any

import yaml

from modelspec.diagnostics import Diagnostic, Location, TemplateError
from modelspec.spec.characters import name_of_character

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Strict(_Base):  # type: ignore[misc]
    """Refuses a key written twice, which most readers accept without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(
                    None, None, "a key that is not text", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` twice", key.start_mark
                )
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def documents(path: str, text: str) -> list[Any]:
    """The documents of a rendered file.

    Raises:
        TemplateError: if it is not YAML, or a key stands in a mapping twice.
    """
    try:
        return list(yaml.load_all(text, Loader=_Strict))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise TemplateError(_diagnostic(path, text, error)) from None


def starts(text: str) -> list[int]:
    """The line at which each document of a file begins; for one that is empty, its `---`."""
    return [node.start_mark.line + 1 for node in yaml.compose_all(text, Loader=_Base)]


def _diagnostic(path: str, text: str, error: Exception) -> Diagnostic:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        line, column, said = mark.line, mark.column, getattr(error, "problem", error)
    elif found := yaml.reader.Reader.NON_PRINTABLE.search(text):
        before = text[: found.start()]
        line, column = before.count("\n"), found.start() - (before.rfind("\n") + 1)
        said = f"{name_of_character(found[0])} is not allowed"
    else:
        return Diagnostic(f"what is rendered here is not YAML: {error}", Location(path, 1, 1))
    lines = text.split("\n")
    return Diagnostic(
        f"what is rendered here is not right: {said}",
        Location(path, line + 1, column + 1),
        excerpt=lines[line] if line < len(lines) else "",
    )
