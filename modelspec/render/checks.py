"""Reads rendered files back, as their consumers will, and finds what would not work there."""

from __future__ import annotations

from collections.abc import Mapping

from modelspec.diagnostics import Diagnostic, TemplateError
from modelspec.render import objects, queries
from modelspec.render.reader import documents


def check(files: Mapping[str, str]) -> None:
    """Check the rendered files of one release, all together.

    Args:
        files: path to text.

    Raises:
        TemplateError: every mistake.
    """
    found: list[objects.Object] = []
    mistakes: list[Diagnostic] = []
    for path, text in files.items():
        for number, document in enumerate(documents(path, text), 1):
            if isinstance(document, dict) and {"apiVersion", "kind", "metadata"} <= document.keys():
                found.append(document)
            elif document is not None:  # where a template leaves an object out
                mistakes.append(Diagnostic(f"{path}: document {number} is no Kubernetes object"))
    mistakes += [Diagnostic(text) for text in objects.problems(found)]
    mistakes += [
        Diagnostic(f"PrometheusRule {objects.at(one, 'metadata', 'name')}: {text}")
        for one in found
        if one.get("kind") == "PrometheusRule"
        for text in queries.problems(one)
    ]
    if mistakes:
        raise TemplateError(*mistakes)
