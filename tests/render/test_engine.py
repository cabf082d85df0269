from __future__ import annotations

from typing import Any

import pytest

from modelspec.diagnostics import Location, TemplateError
from modelspec.render.engine import render


def rendered(text: str, others: dict[str, str] | None = None, **context: Any) -> str:
    return render("main.yaml.j2", {"main.yaml.j2": text, **(others or {})}, context)


def refused(text: str, **context: Any) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        rendered(text, **context)
    return caught.value


def test_a_bare_value_is_quoted_by_the_environment() -> None:
    assert rendered("a: {{ x }}\n", x="no: 1") == 'a: "no: 1"\n'


def test_text_put_together_is_quoted_as_one() -> None:
    assert rendered('a: {{ x ~ "-canary" }}', x="b'c") == 'a: "b\'c-canary"'


def test_mappings_lists_and_numbers_are_flow_yaml() -> None:
    assert rendered("{{ x }}", x={"a": [1, None, 0.5]}) == '{"a": [1, null, 0.5]}'


def test_a_value_that_looks_like_a_template_is_not_rendered_again() -> None:
    assert rendered("{{ x }}", x="{{ 7*7 }}") == '"{{ 7*7 }}"'


def test_html_is_not_escaped() -> None:
    assert rendered("{{ x }}", x="<a & 'b'>") == "\"<a & 'b'>\""


def test_what_macros_and_blocks_make_is_not_quoted_again() -> None:
    macro = "{% macro m(y) %}k: {{ y }}{% endmacro %}{{ m(x) }}"
    assert rendered(macro, x="v") == 'k: "v"'
    base = {"base.yaml.j2": "{% block b %}k: {{ x }}{% endblock %}"}
    child = '{% extends "base.yaml.j2" %}{% block b %}{{ super() }} # more{% endblock %}'
    assert rendered(child, base, x="v") == 'k: "v" # more'


def test_an_unknown_name_is_an_error_with_its_line() -> None:
    error = refused("a: 1\nb: {{ nmae }}\n", name="x")
    (found,) = error.diagnostics
    assert found.location == Location("main.yaml.j2", 2, 1)
    assert "nmae" in found.message
    assert found.excerpt == "b: {{ nmae }}"
    assert error.exit_code == 4


def test_an_error_in_an_included_template_names_that_template() -> None:
    with pytest.raises(TemplateError) as caught:
        rendered('a: 1\n{% include "part.yaml.j2" %}', {"part.yaml.j2": "\n\n{{ x.y.z }}"}, x={})
    assert caught.value.diagnostics[0].location == Location("part.yaml.j2", 3, 1)


def test_a_syntax_error_is_told_with_its_line() -> None:
    assert refused("a\n  {% if %}").diagnostics[0].location == Location("main.yaml.j2", 2, 3)


def test_an_error_of_python_inside_a_template_is_no_traceback() -> None:
    assert refused("\n{{ 1 / x }}", x=0).diagnostics[0].location == Location("main.yaml.j2", 2, 1)


def test_a_template_that_includes_itself_is_an_error() -> None:
    assert "without end" in str(refused('{% include "main.yaml.j2" %}'))


@pytest.mark.parametrize("name", ["/etc/passwd", "../x.yaml.j2", "other.yaml.j2"])
def test_templates_are_never_read_from_disk(name: str) -> None:
    assert f"there is no template {name}" in str(refused(f'{{% include "{name}" %}}'))


def test_a_template_without_a_known_quoting_is_refused() -> None:
    with pytest.raises(TemplateError, match="no quoting is known"):
        render("Dockerfile.j2", {"Dockerfile.j2": "x"}, {})


@pytest.mark.parametrize(
    "text",
    [
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ x.__class__.__init__.__globals__ }}",
        "{{ x.append(1) }}",
        "{{ '%s' | attr('format') | attr('__globals__') }}",
        "{{ lipsum() }}",
        "{{ x | safe }}",
        "{{ x | random }}",
        "{{ range(10000000) | list }}",
    ],
)
def test_a_template_reaches_nothing_outside_its_context(text: str) -> None:
    refused(text, x=[1])


def test_what_is_no_plain_value_cannot_be_placed() -> None:
    assert "cannot be written as YAML" in str(refused("{{ x }}", x=object()))
