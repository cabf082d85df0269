"""Versions set in files that people wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import InputError
from modelspec.spec.edit import with_version
from modelspec.spec.environment import load_environment

FILE = "environments/prod.yaml"
HEADER = "apiVersion: modelspec/v1\nkind: Environment\nmetadata: {name: prod}\n"


def edited(body: str, model: str, version: str | None, header: str = HEADER) -> str:
    made = with_version((header + body).encode(), FILE, model, version).decode()
    assert made.startswith(header)
    return made.removeprefix(header)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("models:\n  churn: 1.3.0\n", "models:\n  churn: 1.4.0\n"),
        ("models:\n  churn: '1.3.0'  # held\n", "models:\n  churn: '1.4.0'  # held\n"),
        ('models: {"churn" : "1.3.0"}\n', 'models: {"churn" : "1.4.0"}\n'),
        ("models: {a: 1.0.0, churn: 1.3.0}", "models: {a: 1.0.0, churn: 1.4.0}"),
        ("models: {churn: 1.3.0 , b: 2.0.0}\n", "models: {churn: 1.4.0 , b: 2.0.0}\n"),
        ("models:\n  churn:\n    1.3.0\n", "models:\n  churn:\n    1.4.0\n"),
        ("models:\r\n  churn: 1.3.0\r\n", "models:\r\n  churn: 1.4.0\r\n"),
    ],
)
def test_a_version_is_replaced_and_nothing_else(before: str, after: str) -> None:
    assert edited(before, "churn", "1.4.0") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "models:\n  churn: 1.4.0\n"),
        ("namespace: x", "namespace: x\nmodels:\n  churn: 1.4.0\n"),
        ("models: {}\nnamespace: x\n", "models:\n  churn: 1.4.0\nnamespace: x\n"),
        ("models: {}  # none yet", "models:  # none yet\n  churn: 1.4.0"),
        ("models: {}\r\n", "models:\r\n  churn: 1.4.0\r\n"),
        ("models: { }\n", "models: {churn: 1.4.0 }\n"),
        ("models: {a: 1.0.0}\n", "models: {a: 1.0.0, churn: 1.4.0}\n"),
        ("models: {\n  a: 1.0.0,\n}\n", "models: {\n  a: 1.0.0, churn: 1.4.0,\n}\n"),
        (
            "models:\n    # kept\n    a: 1.0.0  # old\n\n# end\nnamespace: x\n",
            "models:\n    # kept\n    a: 1.0.0  # old\n    churn: 1.4.0\n\n# end\nnamespace: x\n",
        ),
        ("models:\n  a: 1.0.0", "models:\n  a: 1.0.0\n  churn: 1.4.0"),
        ("models:\r\n  a: 1.0.0\r\n", "models:\r\n  a: 1.0.0\r\n  churn: 1.4.0\r\n"),
    ],
)
def test_a_model_that_is_new_comes_behind_the_others(before: str, after: str) -> None:
    assert edited(before, "churn", "1.4.0") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "models:\n  a: 1.0.0\n  churn: 1.3.0  # x\n  b: 1.0.0\n",
            "models:\n  a: 1.0.0\n  b: 1.0.0\n",
        ),
        ("models:\n  churn: 1.3.0\nnamespace: x\n", "models: {}\nnamespace: x\n"),
        ("models:  # all\n  churn: 1.3.0", "models: {}  # all\n"),
        ("models: {churn: 1.3.0}\n", "models: {}\n"),
        ("models: {churn: 1.3.0, b: 1.0.0}\n", "models: {b: 1.0.0}\n"),
        ("models: {a: 1.0.0, churn: 1.3.0}\n", "models: {a: 1.0.0}\n"),
        ("models:\r\n  a: 1.0.0\r\n  churn: 1.3.0\r\n", "models:\r\n  a: 1.0.0\r\n"),
    ],
)
def test_a_model_that_goes_takes_its_line_along(before: str, after: str) -> None:
    assert edited(before, "churn", None) == after


@pytest.mark.parametrize("body", ["models: {churn: 1.4.0}\n", "# nothing\n"])
def test_what_is_so_already_stays_byte_for_byte(body: str) -> None:
    assert edited(body, "churn", "1.4.0" if "churn" in body else None) == body


def test_a_byte_order_mark_stays() -> None:
    content = f"\ufeff{HEADER}models: {{churn: 1.3.0}}\n".encode()
    made = with_version(content, FILE, "churn", "1.4.0")
    assert made == content.replace(b"1.3.0", b"1.4.0")


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}models:\n  churn: |-\n    1.3.0\n",
        f"{HEADER}...\n",
    ],
)
def test_what_only_people_can_edit_is_refused_with_what_to_write(content: str) -> None:
    load_environment(content.encode(), FILE)
    with pytest.raises(InputError, match=r"by hand, to churn: 1\.4\.0") as refused:
        with_version(content.encode(), FILE, "churn", "1.4.0")
    assert refused.value.diagnostics[0].location is not None


NAMES = st.sampled_from(["a", "b", "churn", "d-e"])
VERSIONS = st.sampled_from(["1.0.0", "1.10.2", "20.0.1"])
SPACES = st.sampled_from(["", " ", "  # why\n", "\n", "  "])


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """`models` in many ways of writing it, between other keys."""
    models = draw(st.dictionaries(NAMES, VERSIONS, max_size=3))
    quote = draw(st.sampled_from(["", "'", '"']))
    entries = [f"{name}: {quote}{version}{quote}" for name, version in models.items()]
    if not models or draw(st.booleans()):
        text = f"models: {{{', '.join(entries)}}}\n"
    else:
        comment = draw(st.sampled_from(["", "  # a: 1.0.0", "\n  # {}"]))
        text = "".join(["models:", comment, *(f"\n  {entry}" for entry in entries), "\n"])
    return (
        draw(st.sampled_from(["", "namespace: x\n"])) + text + draw(st.sampled_from(["", "# end"]))
    )


@given(bodies(), NAMES, st.none() | VERSIONS, st.booleans())
def test_an_edit_changes_one_model_and_can_be_taken_back(
    body: str, model: str, version: str | None, windows: bool
) -> None:
    content = (HEADER + body).encode()
    if windows:
        content = content.replace(b"\n", b"\r\n")
    before = load_environment(content, FILE).environment.models
    made = with_version(content, FILE, model, version)
    after = load_environment(made, FILE).environment.models
    assert after == {n: v for n, v in {**before, model: version}.items() if v}
    assert made.count(b"#") >= content.count(b"#") - (version is None)
    assert (b"\r\n" in made) == (b"\r\n" in content)
    assert b"\n" not in made.replace(b"\r\n", b"") or not windows
    if model in before:
        back = with_version(made, FILE, model, before[model])
        assert load_environment(back, FILE).environment.models == before
        assert version is None or back == content
