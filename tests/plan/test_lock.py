"""The text of a lock is that of Python's own writer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.plan.lock import lock_text

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.booleans()
PLAIN = st.recursive(
    st.none() | NUMBERS | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=20,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), PLAIN))
def test_a_lock_is_written_as_json_writes_it(lock: dict[str, Any]) -> None:
    expected = json.dumps(lock, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False)
    assert lock_text(lock) == expected + "\n"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_of_json_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="no number"):
        lock_text({"a": [{"b": number}]})


@pytest.mark.parametrize("value", [b"", {1}, 1j, lambda: 1], ids=repr)
def test_what_is_no_value_of_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no type of JSON"):
        lock_text({"a": value})
