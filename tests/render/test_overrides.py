"""What a repository may put in the place of our templates, and every mistake in it."""

from __future__ import annotations

import pytest
import yaml

from modelspec.adapters.templates import builtin
from modelspec.diagnostics import TemplateError
from modelspec.render.bundle import render
from modelspec.render.overrides import NOTE, Listed, check, listed
from modelspec.spec.default import DEFAULT
from tests.render.conftest import sample

SERVING = "kubernetes/serving.yaml.j2"
MONITORING = "prometheus/monitoring.yaml.j2"
EXTENDS = f'{{% extends "builtin/{SERVING}" %}}\n'
UNKNOWN_BLOCK = (
    f":2:1: builtin/{SERVING} has no block contianer, so this is not rendered "
    "(did you mean container?)"
)
OUTSIDE = (
    ":4:3: this is not rendered: the template extends another, and it is outside of blocks "
    "(put it into a block)"
)
MORE, END = "{% block pod_spec %}\n{{ super() }}\n", "{% endblock %}"
ODD = "apiVersion: v1\nkind: Service\nmetadata: {name: X}"
MACRO = "{% macro m(x) %}\n\n      {{ x }}: }\n{% endmacro %}\n"


def own(**texts: str) -> dict[str, str]:
    """Ours, and texts of the repository for `serving` and `monitoring` or for other paths."""
    names = {"serving": SERVING, "monitoring": MONITORING}
    return {**builtin(), **{f"templates/{names.get(k, k)}": v for k, v in texts.items()}}


def files(templates: dict[str, str]) -> dict[str, str]:
    check(templates)
    return {a.path: a.text for a in render(sample(), DEFAULT, templates)}


def without_empty(text: str) -> list[str]:
    """The lines of a text; `super()` leaves an empty one behind."""
    return [line for line in text.splitlines() if line]


def wrong(templates: dict[str, str]) -> list[str]:
    with pytest.raises(TemplateError) as caught:
        check(templates)
    assert all(d.location for d in caught.value.diagnostics)
    return [f"{d.location}: {d.message} ({d.hint})" for d in caught.value.diagnostics]


def test_a_template_of_the_same_name_takes_the_place_of_ours() -> None:
    text = builtin()[MONITORING].replace("jobLabel:", "jobbLabel:")
    found = files(own(monitoring=text))
    assert "jobbLabel" in found["monitoring.yaml"]
    assert found["serving.yaml"] == files(dict(builtin()))["serving.yaml"]


def test_a_copy_that_is_not_edited_renders_what_ours_does() -> None:
    copies = {name: NOTE.format(name=name) + text for name, text in builtin().items()}
    assert files(own(**copies)) == files(dict(builtin()))


def test_a_block_is_added_to_or_replaced_and_the_rest_stays() -> None:
    text = EXTENDS + (
        "{% block pod_spec %}\n{{ super() }}\n      nodeSelector: {disk: {{ 'no' }}}\n"
        "{% endblock %}\n"
        "{% block strategy %}\n  strategy:\n    type: Recreate\n{% endblock %}\n"
    )
    before, after = (
        list(yaml.safe_load_all(files(t)["serving.yaml"]))
        for t in (dict(builtin()), own(serving=text))
    )
    pod = after[1]["spec"]["template"]["spec"]
    assert pod.pop("nodeSelector") == {"disk": "no"}
    assert after[1]["spec"].pop("strategy") == {"type": "Recreate"}
    before[1]["spec"].pop("strategy")
    assert before == after


@pytest.mark.parametrize("name", sorted(builtin()))
def test_every_block_can_be_extended_by_itself_without_a_change(name: str) -> None:
    (found,) = (one for one in listed(dict(builtin())) if one.name == name)
    assert len(found.blocks) >= 5
    plain = {path: without_empty(text) for path, text in files(dict(builtin())).items()}
    for block in found.blocks:
        text = (
            f'{{% extends "builtin/{name}" %}}\n'
            f"{{% block {block} %}}\n{{{{ super() }}}}\n{{% endblock %}}\n"
        )
        extended = files(own(**{name: text}))
        assert {path: without_empty(text) for path, text in extended.items()} == plain


@pytest.mark.parametrize(
    "block",
    ["autoscaler", "disruption_budget", "network_policy", "pod_annotations", "spread", "probes"],
)
def test_an_empty_block_leaves_its_part_out(block: str) -> None:
    text = f"{EXTENDS}{{% block {block} %}}{{% endblock %}}"
    assert len(files(own(serving=text))["serving.yaml"]) < len(
        files(dict(builtin()))["serving.yaml"]
    )


def test_a_part_that_others_need_cannot_be_left_out() -> None:
    text = f"{EXTENDS}{{% block service_account %}}{{% endblock %}}"
    with pytest.raises(TemplateError, match="there is no ServiceAccount churn"):
        files(own(serving=text))


def test_a_part_of_several_templates_is_no_unknown_template() -> None:
    part = "      tolerations: [{key: {{ name }}}]\n"
    text = (
        EXTENDS
        + '{% block pod_spec %}\n{{ super() }}\n{% include "parts/x.yaml.j2" %}\n{% endblock %}'
    )
    templates = own(serving=text, **{"parts/x.yaml.j2": part})
    assert 'tolerations: [{key: "churn"}]' in files(templates)["serving.yaml"]
    assert listed(templates) == [
        Listed(SERVING, "extended", ("pod_spec",)),
        Listed("parts/x.yaml.j2", "part", ()),
        next(one for one in listed(dict(builtin())) if one.name == MONITORING),
    ]


def test_an_override_can_extend_another_of_the_repository() -> None:
    base = (
        EXTENDS + "{% block strategy %}  strategy: {% block kind %}{% endblock %}\n\n{% endblock %}"
    )
    text = '{% extends "base.yaml.j2" %}{% block kind %}{type: Recreate}{% endblock %}'
    assert "{type: Recreate}" in files(own(serving=text, **{"base.yaml.j2": base}))["serving.yaml"]


def test_a_template_without_a_namesake_is_an_error_with_the_name_that_is_near() -> None:
    message = "1:1: modelspec has no template of this name, and none of yours includes it"
    assert wrong(own(**{"kubernets/serving.yaml.j2": "x", "zzz.j2": "x"})) == [
        f"templates/kubernets/serving.yaml.j2:{message} (did you mean {SERVING}?)",
        f"templates/zzz.j2:{message} (there are: {SERVING}, {MONITORING})",
    ]


def test_the_folder_builtin_is_ours() -> None:
    (found,) = wrong(own(**{f"builtin/{SERVING}": "x"}))
    assert "the names below builtin/ are those of the templates of modelspec" in found
    assert f"put it at templates/{SERVING}" in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EXTENDS + "{% block contianer %}{% endblock %}", UNKNOWN_BLOCK),
        (EXTENDS + "\n\n  a: 1\n", OUTSIDE),
        (EXTENDS + "{{ name }}", ":2:1: this is not rendered"),
        (EXTENDS + "{% if name %}{% endif %}", ":2:1: this is not rendered"),
        ("\n{% if %}", ":2:1: Expected an expression"),
        ("{{ x | tojson }}", ":1:1: No filter named 'tojson' (write the value alone"),
        ("{% extends 'kubernetes/serving.yaml.j2' %}", f"extends itself (write builtin/{SERVING})"),
        ("a\n{% include 'x.j2' %}", ":2:1: there is no template x.j2 (there are: "),
        ("{% extends 'builtin/kubernetes/serving.yml.j2' %}", f"(did you mean {SERVING}?)"),
        ("{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}", ":1:1: the template is nested too deep"),
    ],
)  # fmt: skip
def test_what_would_be_an_error_or_ignored_is_told_with_its_line(text: str, expected: str) -> None:
    (found,) = wrong(own(serving=text))
    assert expected in found


def test_a_part_may_be_missing_if_its_include_says_so() -> None:
    check(own(serving=builtin()[SERVING] + '{% include "x.j2" ignore missing %}'))


def test_the_mistakes_of_all_templates_are_told_at_once() -> None:
    texts = {"serving": "{% if %}", "monitoring": "{% for %}", "x.j2": "", "y.j2": "{{"}
    assert len(wrong(own(**texts))) == 5


def test_an_error_while_rendering_names_the_template_of_the_repository() -> None:
    with pytest.raises(TemplateError) as caught:
        files(own(monitoring="a: {{ b }}"))
    (found,) = caught.value.diagnostics
    assert str(found.location) == f"templates/{MONITORING}:1:1"
    assert found.message == "'b' is undefined"
    assert found.excerpt == "a: {{ b }}"
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (f"{MORE}     a: 1\n{END}", 4, "did not find expected key (line "),
        (f"{MORE}      a: {{{{ 1 }}}}\n      a: 2\n{END}", 5, "the key `a` twice (line "),
        (f"{{% block service %}}a: 1\n{END}", 2, "this document is no Kubernetes object"),
        (f"{{% block service %}}\n{ODD}\n{END}", 3, "Service X: its name must be a DNS label"),
        (f"{MACRO}{{% block spread %}}\n{{{{ m('a') }}}}{END}", 4, "what is rendered here is not"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_is_rendered_is_told_at_the_line_of_the_template(
    text: str, line: int, message: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        files(own(serving=EXTENDS + text))
    told = [f"{d.location}: {d.message}" for d in caught.value.diagnostics]
    assert any(f"templates/{SERVING}:{line}:" in one and message in one for one in told)


def test_where_the_line_of_the_template_cannot_be_told_it_is_that_of_the_rendered_file() -> None:
    text = "{% set x %}{{ name }}{% endset %}{% if x | length < 9 %}a: 1{% endif %}"
    with pytest.raises(TemplateError) as caught:
        files(own(serving=text))
    (found,) = (d for d in caught.value.diagnostics if "serving" in str(d.location))
    assert str(found.location) == "serving.yaml:1:1"
    assert "the place is in the rendered text" in found.hint


def test_the_mistakes_of_all_files_are_told_at_once() -> None:
    with pytest.raises(TemplateError) as caught:
        files(own(serving="{{ x }}", monitoring="{{ y }}"))
    assert len(caught.value.diagnostics) == 2
