"""On what our templates render, the parser in Rust and PyYAML agree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.adapters.templates import builtin
from modelspec.diagnostics import TemplateError
from modelspec.render import bundle, checks, quick_reader, reader
from modelspec.spec.default import DEFAULT
from tests.render.conftest import sample
from tests.render.hostile import HOSTILE

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def same(found: Any, expected: Any) -> bool:
    """Equal, and of the same types: 1, 1.0 and True are not the same."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            same(found[key], value) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return type(found) is type(expected) and bool(found == expected)


def agree(**changes: Any) -> None:
    for artifact in bundle.render(sample(**changes), DEFAULT, builtin()):
        found = quick_reader.documents(artifact.text)
        assert found is not None
        assert same(found, reader.documents(artifact.path, artifact.text))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_read_back_the_same(text: str) -> None:
    agree(
        **{"spec.metadata.description": text, "spec.metadata.owner": text.replace("\n", " ")[:200]}
    )


@given(TEXT)
@settings(max_examples=60)
def test_any_text_is_read_back_the_same(text: str) -> None:
    agree(**{"spec.metadata.description": text})


@given(st.integers(1, 1000), st.floats(0.001, 99))
@settings(max_examples=30)
def test_numbers_are_read_back_the_same(replicas: int, bound: float) -> None:
    changes = {"replicas": {"min": replicas, "max": 1000}}
    agree(**{"spec.deploy": changes, "spec.monitor": {"drift": {"warn": 0.0005, "alert": bound}}})


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2\n", "- a\n", "a: 1\n---\n", "{", "a: &x 1\nb: *y\n", "--- a\n--- b\n"]
)
def test_what_is_not_clear_is_left_to_the_strict_reader(text: str) -> None:
    assert quick_reader.documents(text) is None


def test_text_of_users_is_read_as_clusters_read_it() -> None:
    """`yes` is true to them, and no text: an annotation cannot be that."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {a: yes}\n"
    with pytest.raises(TemplateError, match="annotation a must be text"):
        checks.check({"a.yaml": text})
    checks.check({"a.yaml": text}, ours=True)


def test_without_the_parser_the_strict_reader_finds_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_it = bundle.render(sample(), DEFAULT, builtin())
    monkeypatch.setattr(quick_reader, "_parser", lambda: None)
    assert bundle.render(sample(), DEFAULT, builtin()) == with_it
    assert quick_reader.documents("a: 1\n") is None
