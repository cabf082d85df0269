from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from modelspec.render.quote import yaml_block, yaml_value
from tests.render.hostile import HOSTILE

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.one_of(
    TEXT,
    st.sampled_from(list(HOSTILE.values())),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(TEXT, st.sampled_from(["a", "no", "a/b", "x.y"])), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


def same(found: Any, value: Any) -> bool:
    """Equal, and of the same types: 1, 1.0 and True are not the same."""
    if isinstance(value, dict):
        return (
            type(found) is dict
            and list(found) == list(value)
            and all(same(found[key], value[key]) for key in value)
        )
    if isinstance(value, list):
        return type(found) is list and len(found) == len(value) and all(map(same, found, value))
    return type(found) is type(value) and found == value


@given(VALUES)
@example(1e-5)
@example(1e22)
@example(-0.0)
@example(float(2**70))
def test_a_value_reads_back_the_same_in_yaml_1_1_and_in_json(value: Any) -> None:
    text = yaml_value(value)
    assert "\n" not in text
    assert same(yaml.load(text, yaml.CSafeLoader), value)
    assert same(json.loads(text), value)  # JSON is a subset of YAML 1.2


@given(VALUES, st.integers(min_value=0, max_value=10))
def test_a_block_reads_back_the_same_at_any_indent(value: Any, indent: int) -> None:
    text = f"{' ' * indent}{yaml_block({'a': [value]}, indent)}\n"
    assert same(yaml.load(text, yaml.CSafeLoader), {"a": [value]})


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_both_loaders_read_hostile_text_back_exactly(text: str) -> None:
    written = yaml_value(text)
    assert written.startswith('"')
    assert yaml.load(f"a: {written}\n", yaml.SafeLoader) == {"a": text}
    assert yaml.load(f"a: {written}\n", yaml.CSafeLoader) == {"a": text}
    assert len(written.splitlines()) == 1


@pytest.mark.parametrize("text", ["direction", "zero width", "next line", "controls"])
def test_what_an_editor_would_not_show_is_escaped(text: str) -> None:
    assert yaml_value(HOSTILE[text]).isprintable()


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), b"x", {1: "x"}, {"x" * 999: 1}, "\ud800", {"a": object()}, {"x"}],
)
def test_what_yaml_cannot_hold_for_every_reader_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"cannot be written|must be text"):
        yaml_value(value)


def test_letters_of_any_script_stay_readable() -> None:
    assert yaml_value("\u00dcber \u65e5\u672c") == '"\u00dcber \u65e5\u672c"'


def test_lists_and_mappings_are_written_as_a_person_would() -> None:
    value = {"groups": [{"name": "a", "rules": [{"expr": "x > 1"}, {}]}], "on": True}
    assert yaml_block(value, 2) == (
        'groups:\n    - name: "a"\n      rules:\n'
        '        - expr: "x > 1"\n        - {}\n  "on": true'
    )
