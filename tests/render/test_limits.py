"""A template that never ends, or makes more than fits, is an error with its line, and soon."""

from __future__ import annotations

import resource
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.adapters.templates import builtin
from modelspec.diagnostics import TemplateError
from modelspec.render import limits
from modelspec.render.bundle import render as bundle
from modelspec.render.engine import render
from modelspec.spec.default import DEFAULT
from tests.render.conftest import sample

LOOPS = "".join(f"{{% for {name} in range(999) %}}" for name in "abcd")
ENDS = "{% endfor %}" * 4

BOMBS = {
    "loops in loops": f"{LOOPS}{ENDS}",
    "loops that make text": f"{LOOPS}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{ENDS}",
    "loops that make text in a variable": f"{{% set t %}}{LOOPS}x{ENDS}{{% endset %}}",
    "loops over values": f"{LOOPS}{{{{ x }}}}{ENDS}",
    "a slow operation again and again": (
        "{% set t = range(999) | list %}" + LOOPS + "{% set s = t | sort %}" + ENDS
    ),
    "a macro that calls itself twice": (
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}"
    ),
    "a macro that calls itself for ever": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a template that includes itself twice": (
        "{% set n = (n | default(60)) - 1 %}{% if n %}"
        '{% include "main.yaml.j2" %}{% include "main.yaml.j2" %}{% endif %}'
    ),
    "a recursive loop": "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "text that doubles": "{% set t = x %}" + "{% set t = t ~ t %}" * 60,
    "joined text that doubles": "{% set t = x %}" + "{% set t = [t, t] | join(t) %}" * 60,
    "replaced text that grows": "{% set t = x ~ x %}" + "{% set t = t | replace(x, t) %}" * 60,
    "a list that doubles": "{% set t = [x] %}" + "{% set t = [t, t] %}" * 60 + "{{ t }}",
    "a mapping that doubles": "{% set t = x %}" + "{% set t = {'a': t, 'b': t} %}" * 60,
    "lists that are compared": (
        "{% set t = [x] %}{% set s = [x] %}"
        + "{% set t = [t, t] %}{% set s = [s, s] %}" * 60
        + "{% if s == t %}{% endif %}"
    ),
    "a long range": "{{ range(1000000000) | list }}",
    "a range beyond all": "{{ range(10 ** 50) }}",
    "text times a number": "{{ x * 1000000000 }}",
    "a list times a number": "{{ [x] * 1000000000 }}",
    "a large power": "{{ 9 ** (9 ** 9) }}",
    "powers of powers": "{% set t = 99 %}" + "{% set t = t ** 64 %}" * 9,
    "squares of squares": "{% set t = 99 %}" + "{% set t = t * t %}" * 60,
    "a wide format": '{{ "%0999999999d" % 1 }}',
    "a wide format method": '{{ "{:>999999999}".format(1) }}',
    "wide text": "{{ x.ljust(999999999) }}",
    "wide text by a filter": "{{ x | center(999999999) }}",
    "a wide indentation": "{% filter indent(999999999) %}\n{% endfilter %}",
    "a fine rounding": "{{ 1 | round(999999999, 'ceil') }}",
    "a large batch": "{{ [1] | batch(999999999, 1) | list }}",
    "deep nesting": "{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}",
    "deep loops": "{% for a in [1] %}" * 60 + "{% endfor %}" * 60,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_a_template_that_takes_too_much_is_an_error_with_its_line(text: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    with pytest.raises(TemplateError) as caught:
        render("main.yaml.j2", {"templates/main.yaml.j2": f"# one\n{text}\n"}, {"x": "no"})
    assert time.process_time() - began < limits.SECONDS + 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB
    (found,) = caught.value.diagnostics
    assert found.location
    assert found.location.file == "templates/main.yaml.j2"
    whole = ("a template that includes itself twice", "deep nesting", "deep loops")
    assert found.location.line == (1 if text in [BOMBS[name] for name in whole] else 2)


def test_the_clock_ends_what_only_takes_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IN_ALL", 10**12)
    monkeypatch.setattr(limits, "SECONDS", 0.2)
    with pytest.raises(TemplateError, match=r"j2:2:1: the template takes longer than 0.2 s"):
        render("main.yaml.j2", {"main.yaml.j2": f"# one\n{LOOPS}{ENDS}"}, {})


def test_our_templates_use_less_than_a_tenth_of_the_limits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "IN_ALL", limits.IN_ALL // 10)
    monkeypatch.setattr(limits, "SECONDS", limits.SECONDS / 10)
    bundle(sample(), DEFAULT, builtin())


PIECES = st.sampled_from(
    [
        *("{% for a in range(999) %}", "{% for a in t %}", "{% endfor %}", "{% if t %}"),
        *("{% endif %}", "{% set t = [t, t] %}", "{% set t = t ~ x %}", "{{ t }}", "{{ x }}"),
        *("{% macro t(x) %}", "{% endmacro %}", "{{ t(x) }}", "{{ t(t(x)) }}", "{% block t %}"),
        *("{% endblock %}", "{{ self.t() }}", "{{ super() }}", '{% include "main.yaml.j2" %}'),
        *(
            '{% extends "main.yaml.j2" %}',
            "{% filter upper %}",
            "{% endfilter %}",
            "{{ t | list }}",
        ),
        *("{% set t %}", "{% endset %}", "{{ t | join(t) }}", "{{ x * t }}", "{{ t ** 9 }}"),
        *("{% call t(x) %}", "{% endcall %}", "{{ caller() }}", "{{ loop(t) }}", "{#", "#}", "{%"),
        *('{% import "main.yaml.j2" as t %}', "{% raw %}", "{% endraw %}", "{{ t[x] }}", "x: y\n"),
        *("{% with t = x %}", "{% endwith %}", "{{ t | replace(x, t) }}", "{{ t.x() }}", "\u2028"),
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_template_gives_text_or_an_error_with_its_place(text: str) -> None:
    try:
        made = render("main.yaml.j2", {"templates/main.yaml.j2": text}, {"x": "no", "t": [1, "2"]})
    except TemplateError as error:
        places = [d.location for d in error.diagnostics]
        assert places and None not in places  # noqa: PT018
    else:
        assert len(made) <= limits.IN_ALL
