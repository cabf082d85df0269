"""Reads rendered files back, as their consumers will, and finds what would not work there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from modelspec.diagnostics import Diagnostic, Location, TemplateError
from modelspec.render import objects, queries
from modelspec.render.reader import documents, starts


def check(files: Mapping[str, str]) -> None:
    """Check the rendered files of one release, all together.

    Args:
        files: path to text.

    Raises:
        TemplateError: every mistake.
    """
    found: list[objects.Object] = []
    places: dict[int, tuple[str, int]] = {}
    wrong: list[tuple[tuple[str, int], str]] = []
    for path, text in files.items():
        for number, document in enumerate(documents(path, text)):
            if isinstance(document, dict) and {"apiVersion", "kind", "metadata"} <= document.keys():
                found.append(document)
                places[id(document)] = path, number
            elif document is not None:  # where a template leaves an object out
                wrong.append(((path, number), "this document is no Kubernetes object"))
    mistakes = (*objects.problems(found), *_rules(found))
    wrong += ((places[id(one)], f"{objects.title(one)}: {text}") for one, text in mistakes)
    if wrong:
        lines = {path: starts(text) for path, text in files.items()}
        raise TemplateError(
            *(Diagnostic(text, Location(path, lines[path][n], 1)) for (path, n), text in wrong)
        )


def _rules(found: Iterable[objects.Object]) -> Iterator[tuple[objects.Object, str]]:
    for one in found:
        if one.get("kind") == "PrometheusRule":
            yield from ((one, text) for text in queries.problems(one))
