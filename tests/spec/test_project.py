"""`kind: Project`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import InputError
from modelspec.spec.project import Project, load_project

HEADER = "apiVersion: modelspec/v1\nkind: Project\n"


@pytest.mark.parametrize(
    "registry",
    ["127.0.0.1:5000/team", "127.0.0.1:5000", "localhost/a", "registry.example.org/a/b-c/d__e"],
)
def test_a_registry_with_a_prefix_is_read(registry: str) -> None:
    project = load_project(f"{HEADER}registry: {registry}\n".encode(), "modelspec.yaml")
    assert project.registry == registry


def test_a_project_without_a_registry_has_none() -> None:
    assert load_project(HEADER.encode(), "modelspec.yaml").registry is None


@pytest.mark.parametrize(
    "registry",
    [
        "https://a.b/c",
        "a.b/c/",
        "team",
        "team/x",
        "a.b/C",
        "a.b/c:1",
        "a.b/c@sha256:0",
        "a b.c/d",
        "a.b//c",
        "/a.b",
        "a.b/../c",
        "-a.b/c",
        '""',
    ],
)
def test_what_is_no_registry_is_refused_at_its_place(registry: str) -> None:
    with pytest.raises(InputError, match=r"modelspec.yaml:3:11: registry "):
        load_project(f"{HEADER}registry: {registry}\n".encode(), "modelspec.yaml")


@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda t: (HEADER + t).encode()))
def test_any_bytes_are_a_project_or_problems_with_places(content: bytes) -> None:
    try:
        assert isinstance(load_project(content, "modelspec.yaml"), Project)
    except InputError as error:
        found = error.diagnostics
    else:
        return
    assert all(d.location for d in found)
