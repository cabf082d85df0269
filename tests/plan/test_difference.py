from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelspec.plan.difference import differences, fields

SCALARS = st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", ""])
OBJECTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "x", "a.b"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_differences_are_told_by_path_with_old_and_new_value() -> None:
    old = {"train": {"epochs": 5}, "export": ["onnx"]}
    new = {"train": {"epochs": 6, "batch_size": 8}, "export": ["onnx"]}
    assert list(map(str, differences(old, new))) == [
        "train.batch_size: (default) -> 8",
        "train.epochs: 5 -> 6",
    ]


def test_fields_are_found_in_lists_too_by_the_name_of_their_item() -> None:
    old = {"spec": {"containers": [{"name": "model", "image": "a"}, {"name": "log"}]}}
    new = {"spec": {"containers": [{"name": "log"}, {"name": "model", "image": "b"}]}}
    assert list(fields(old, new)) == [("spec.containers[model].image", "a", "b")]


def test_an_item_added_in_the_middle_does_not_move_the_others() -> None:
    rules = [{"alert": name, "for": "5m"} for name in "abc"]
    more = [*rules[:1], {"alert": "new"}, *rules[1:]]
    assert list(fields(rules, more)) == [("[1]", None, {"alert": "new"})]
    assert list(fields(more, rules)) == [("[1]", {"alert": "new"}, None)]


def test_a_key_that_is_no_word_stands_in_brackets() -> None:
    found = list(fields({"annotations": {"a.b/c": "1"}}, {"annotations": {"a.b/c": "2"}}))
    assert found == [("annotations[a.b/c]", "1", "2")]


def test_another_type_is_another_value() -> None:
    assert list(fields({"x": 1}, {"x": True})) == [("x", 1, True)]
    assert list(fields({"x": 1}, {"x": "1"})) == [("x", 1, "1")]


@given(OBJECTS, OBJECTS)
def test_there_are_differences_exactly_where_two_objects_differ(one: Any, other: Any) -> None:
    """Items with names have no order."""
    assert list(fields(one, copy.deepcopy(one))) == []
    assert bool(list(fields(one, other))) == (_plain(one) != _plain(other))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return "mapping", sorted((key, repr(_plain(item))) for key, item in value.items())
    if isinstance(value, list):
        items = [repr(_plain(item)) for item in value]
        names = [item.get("name") if isinstance(item, dict) else None for item in value]
        return sorted(items) if all(names) and len({*map(str, names)}) == len(names) else items
    return repr(value)
