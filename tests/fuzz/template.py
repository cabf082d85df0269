"""Any text as a template renders to text, or is refused with its line."""

from __future__ import annotations

from modelspec.adapters.templates import builtin
from modelspec.diagnostics import TemplateError
from modelspec.render.engine import render
from modelspec.render.reader import documents

NAME = "main.yaml.j2"
CONTEXT = {
    "name": "churn",
    "labels": {"app": "churn", "n": 1, "x": None},
    "ports": [8501, 0.5, True],
    "text": "a: {{ b }}\n- c",
}
SEEDS = [
    *(text.encode() for text in builtin().values()),
    b"a: {{ name | upper ~ '-x' }}\n{% for p in ports if p %}- {{ p }}\n{% endfor %}",
    b"{% extends 'kubernetes/serving.yaml.j2' %}{% block x %}{{ super() }}{% endblock %}",
    b"{% macro m(a, b=1) %}{{ a }}: {{ b }}{% endmacro %}{{ m(name) }}{{ labels | block(2) }}",
    b"{% set x = namespace(a=1) %}{% include 'x' ignore missing %}{{ labels['app'][::-1] }}",
    b"{{ ports | map('string') | join(',') | replace('a', 'b') | indent(2) }}{# no #}{% raw %}",
    b"{{ '%s' % name }}{{ '{}'.format(name) }}{{ name * 3 }}{{ 2 ** 3 }}{{ range(3) | list }}",
]


def check(data: bytes) -> None:
    """The engine answers, and so does the reader of what came out."""
    text = data.decode("utf-8", "replace")
    try:
        documents(NAME, render(NAME, {**builtin(), NAME: text}, CONTEXT))
    except TemplateError as error:
        assert error.diagnostics
        assert all(d.message and "\n" not in d.message for d in error.diagnostics)
