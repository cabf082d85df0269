from __future__ import annotations

from typing import Any

import pytest

from modelspec.diagnostics import Location, TemplateError
from modelspec.render.engine import render


def rendered(text: str, others: dict[str, str] | None = None, **context: Any) -> str:
    return render("main.yaml.j2", {"templates/main.yaml.j2": text, **(others or {})}, context)


def refused(text: str, **context: Any) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        rendered(text, **context)
    return caught.value


def test_a_bare_value_is_quoted_by_the_environment() -> None:
    assert rendered("a: {{ x }}\n", x="no: 1") == 'a: "no: 1"\n'


def test_what_a_template_writes_itself_is_quoted_like_any_value() -> None:
    assert rendered("a: {{ 'no' }}, {{ 1 }}") == 'a: "no", 1'


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
    assert found.location == Location("templates/main.yaml.j2", 2, 1)
    assert "nmae" in found.message
    assert found.excerpt == "b: {{ nmae }}"
    assert error.exit_code == 4


def test_an_error_in_an_included_template_names_that_template() -> None:
    with pytest.raises(TemplateError) as caught:
        rendered('a: 1\n{% include "part.yaml.j2" %}', {"part.yaml.j2": "\n\n{{ x.y.z }}"}, x={})
    assert caught.value.diagnostics[0].location == Location("builtin/part.yaml.j2", 3, 1)


def test_a_syntax_error_is_told_with_its_line() -> None:
    assert refused("a\n  {% if %}").diagnostics[0].location == Location(
        "templates/main.yaml.j2", 2, 3
    )


def test_an_error_of_python_inside_a_template_is_no_traceback() -> None:
    assert refused("\n{{ 1 / x }}", x=0).diagnostics[0].location == Location(
        "templates/main.yaml.j2", 2, 1
    )


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
        "{{ 'x'.format() }}",
        "{{ ('a' ~ 'b').format_map(x) }}",
        "{{ x.count(1) }}",
        "{{ (1).to_bytes(8) }}",
        "{% macro m() %}{{ varargs }}{% endmacro %}{{ m(1) }}",
        "{{ x | safe }}",
        "{{ x | random }}",
        "{{ range(10000000) | list }}",
    ],
)
def test_a_template_reaches_nothing_outside_its_context(text: str) -> None:
    refused(text, x=[1])


def test_what_is_no_plain_value_cannot_be_placed() -> None:
    assert "cannot be written as YAML" in str(refused("{{ x }}", x=object()))


def test_a_template_of_the_repository_comes_before_ours_and_can_extend_it() -> None:
    others = {"main.yaml.j2": "a: {% block b %}{{ x }}{% endblock %}\n"}
    assert rendered('b: {{ "own" }}', others) == 'b: "own"'
    text = '{% extends "builtin/main.yaml.j2" %}{% block b %}[{{ super() }}, {{ y }}]{% endblock %}'
    assert rendered(text, others, x="1", y="no") == 'a: ["1", "no"]'


def test_what_ours_includes_can_be_overridden_too() -> None:
    others = {"main.yaml.j2": '{% include "part.yaml.j2" %}', "part.yaml.j2": "ours"}
    assert render("main.yaml.j2", others, {}) == "ours"
    assert render("main.yaml.j2", {**others, "templates/part.yaml.j2": "own"}, {}) == "own"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{{ nmae }}", "did you mean name?"),
        ("{{ zzz }}", "there are: labels, name"),
        ("{{ name | uper }}", "did you mean upper?"),
        ("{{ name | safe }}", "write the value alone, without quotes around it"),
        ("{{ name | tojson }}", "it is quoted by itself"),
        ('{% include "prat.yaml.j2" %}', "did you mean part.yaml.j2?"),
        ('{% include "templates/part.yaml.j2" %}', "did you mean part.yaml.j2?"),
        ('{% extends "main.yaml.j2" %}', "is extended as builtin/<name>"),
        ("{{ labels.update({}) }}", "sees plain data only"),
    ],
)
def test_a_mistake_in_a_template_comes_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(TemplateError) as caught:
        rendered(text, {"part.yaml.j2": ""}, name="x", labels={})
    assert hint in caught.value.diagnostics[0].hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ a | replace('-', '_') }}", '"x_y"'),
        ("{{ [a, 1] | join('/') }}", '"x-y/1"'),
        ("{{ a ~ 1 ~ '' }}", '"x-y1"'),
        ("{{ 1 | string }}", '"1"'),
        ("{{ a.upper().split('-') }}", '["X", "Y"]'),
        ("{{ 2 * 3 + 2 ** 3 // 3 - 7 % 4 }}", "5"),
        ("{% filter indent(2) %}b:\n{{ a }}{% endfilter %}", 'b:\n  "x-y"'),
        ("{% filter indent(2, first=true) %}b:\n\nc{% endfilter %}", "  b:\n\n  c"),
        ("{% for k, v in {'n': a}.items() %}{{ k }}={{ v }}{% endfor %}", '"n"="x-y"'),
        ("{% macro m() %}k{% endmacro %}{{ m() ~ m() }}", "kk"),
        ("{% for i in range(3) if i %}{{ loop.index }}{% endfor %}", "12"),
        ("{% for k, all in [{'g': 1}] | groupby('g') %}{{ k }}: {{ all }}{% endfor %}",
         '1: [{"g": 1}]'),
    ],
)  # fmt: skip
def test_what_templates_need_of_jinja_works(text: str, expected: str) -> None:
    assert rendered(text, a="x-y") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% macro m() %}k{% endmacro %}{{ m() ~ a }}", "is YAML already"),
        ("{% macro m() %}k{% endmacro %}{{ m() | replace('k', a) }}", "is YAML"),
        ("{{ a | indent(2) }}", "only what a block or macro has made"),
        ("{{ [] ~ a }}", "only texts and numbers can be put together, not a list"),
        ("{{ none ~ a }}", "not nothing"),
        ("{{ a ~ b }}", "'b' is undefined"),
        ("{{ a + a }}", "texts are put together with ~"),
        ("{{ b * 2 }}", "'b' is undefined"),
        ("{{ ' %s' % a }}", "only numbers can be calculated with"),
        ("{{ {1: 2} }}", "a key must be text"),
    ],
)
def test_what_could_place_a_value_without_quotes_is_refused(text: str, message: str) -> None:
    assert message in str(refused(text, a="x"))
