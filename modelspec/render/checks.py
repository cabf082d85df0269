"""Reads rendered files back, as their consumers will, and finds what would not work there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from modelspec.diagnostics import Diagnostic, Location, TemplateError
from modelspec.render import objects, queries, quick_reader


def check(files: Mapping[str, str], *, ours: bool = False) -> None:
    """Check the rendered files of one release, all together.

    Args:
        files: path to text.
        ours: whether they were made by our templates alone.

    Raises:
        TemplateError: every mistake.
    """
    found: list[objects.Object] = []
    places: dict[int, tuple[str, int]] = {}
    wrong: list[tuple[tuple[str, int], str]] = []
    for path, text in files.items():
        for number, document in enumerate(_documents(path, text, ours=ours)):
            if isinstance(document, dict) and {"apiVersion", "kind", "metadata"} <= document.keys():
                found.append(document)
                places[id(document)] = path, number
            elif document is not None:  # where a template leaves an object out
                wrong.append(((path, number), "this document is no Kubernetes object"))
    mistakes = (*objects.problems(found), *_rules(found))
    wrong += ((places[id(one)], f"{objects.title(one)}: {text}") for one, text in mistakes)
    if wrong:
        from modelspec.render.reader import starts

        lines = {path: starts(text) for path, text in files.items()}
        raise TemplateError(
            *(Diagnostic(text, Location(path, lines[path][n], 1)) for (path, n), text in wrong)
        )


def _documents(path: str, text: str, *, ours: bool) -> Sequence[Any]:
    found = quick_reader.documents(text) if ours else None
    if found is not None:
        return found
    from modelspec.render.reader import documents

    return documents(path, text)


def _rules(found: Iterable[objects.Object]) -> Iterator[tuple[objects.Object, str]]:
    for one in found:
        if one.get("kind") == "PrometheusRule":
            yield from ((one, text) for text in queries.problems(one))
