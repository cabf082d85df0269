"""The file of a lock: what was sealed is told from what was not, and kept byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.plan.lock import is_sealed, lock_text, parse, released_part, sealed_text

FILES = {"monitoring.yaml": "0" * 64, "serving.yaml": "1" * 64}
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.booleans()
PLAIN = st.recursive(
    st.none() | NUMBERS | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=20,
)
LOCKS = st.fixed_dictionaries(
    {part: st.dictionaries(st.text(), PLAIN) for part in ("record", "spec")}
)
LOCK = {"record": {"name": "churn", "note": '\n "record": {'}, "spec": {"train": {"epochs": 3}}}


@settings(max_examples=50)
@given(LOCKS)
def test_a_sealed_lock_is_canonical_and_holds_what_it_was_made_of(lock: dict[str, Any]) -> None:
    content = sealed_text(lock, FILES)
    held = parse(content)
    assert content.decode() == lock_text(held)
    assert released_part(held) == lock
    assert held["files"] == FILES
    assert is_sealed(held)
    assert is_sealed(dict(held))
    assert sealed_text(held, {}) == sealed_text(lock, {})
    assert not is_sealed(lock)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"epochs": 3', b'"epochs": 4'),
        (b'"epochs": 3', b'"epochs":  4'),
        (b"churn", b"churm"),
        (b'"digest": "sha256:', b'"digest": "sha256:0'),
    ],
)
def test_a_lock_that_was_changed_is_not_sealed(old: bytes, new: bytes) -> None:
    content = sealed_text(LOCK, FILES)
    assert old in content
    held = parse(content.replace(old, new, 1))
    assert held.text == b""
    assert not is_sealed(held)


@pytest.mark.parametrize(
    "spelled", [lambda t: t + b"\n", lambda t: t.replace(b"\n ", b"\n  "), json.loads], ids=str
)
def test_a_lock_that_was_spelled_otherwise_is_spelled_right_again(spelled: Any) -> None:
    content = sealed_text(LOCK, FILES)
    other = spelled(content)
    held = parse(other if isinstance(other, bytes) else json.dumps(other).encode())
    assert held.text == b""
    assert is_sealed(held)
    assert sealed_text(held, FILES) == content


@pytest.mark.parametrize("content", [b"[]", b"1", b"null", b'"a"'])
def test_what_is_no_lock_is_told_as_it_is(content: bytes) -> None:
    assert parse(content) == json.loads(content)
