"""Reading without pydantic gives what reading with it gives."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.adapters.templates import builtin
from modelspec.diagnostics import InputError
from modelspec.plan.lock import is_sealed, parse, released_part, sealed_text
from modelspec.render.bundle import render
from modelspec.spec.default import DEFAULT
from modelspec.spec.environment import Environment
from modelspec.spec.light import light
from modelspec.spec.load import load
from modelspec.spec.model import ModelSpec
from modelspec.spec.units import percent_text
from tests import golden
from tests.spec import shape
from tests.spec.examples import FULL, MINIMAL

TEXT = st.text(st.characters(exclude_categories=["C"]), max_size=20)
SHARES = st.decimals("0.001", "0.999", places=3).map(percent_text) | st.just("50.0%")
METRICS = st.sampled_from(["accuracy", "recall_macro", "f1_weighted"])
NUMBERS = st.floats(0.01, 90) | st.integers(1, 90)
SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "deploy": st.fixed_dictionaries(
            {},
            optional={
                "replicas": st.fixed_dictionaries(
                    {}, optional={"min": st.integers(1, 10), "target_cpu": SHARES}
                ),
                "resources": st.fixed_dictionaries(
                    {}, optional={"cpu": st.just("2"), "memory": st.just("1Gi")}
                ),
            },
        ),
        "monitor": st.fixed_dictionaries(
            {},
            optional={
                "slo": st.fixed_dictionaries(
                    {},
                    optional={
                        "availability": SHARES,
                        "latency_p99": st.sampled_from(["2.5ms", "100ms", "1s"]),
                        "window": st.integers(1, 365).map("{}d".format),
                    },
                ),
                "drift": st.fixed_dictionaries({}, optional={"warn": NUMBERS, "alert": NUMBERS})
                | st.none(),
                "quality": st.fixed_dictionaries({"metric": METRICS, "alert": NUMBERS}),
            },
        ),
    },
)
LABELS = st.dictionaries(st.sampled_from(["team", "tier"]), st.just("a"))


def test_the_shape_is_that_of_the_language() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        shape.FILE.write_text(shape.text(), "ascii")
    assert shape.FILE.read_text("ascii") == shape.text(), "if this is meant: make golden"


def same(plain: Any, model: Any) -> bool:
    """Whether every part is equal, and of the same type."""
    if isinstance(plain, SimpleNamespace):
        return all(same(part, getattr(model, name)) for name, part in vars(plain).items())
    return type(plain) is type(model) and bool(plain == model)


@given(SECTIONS, TEXT, TEXT, LABELS)
def test_what_rendering_reads_is_the_same_without_pydantic(
    sections: dict[str, Any], owner: str, description: str, labels: dict[str, str]
) -> None:
    canonical = load(MINIMAL.encode(), "m.yaml").spec.canonical()
    about = {"owner": owner, "description": description, "labels": labels}
    made = {**canonical, **sections, "metadata": {**canonical["metadata"], **about}}
    spec = ModelSpec.from_canonical(made)
    assert same(light(json.loads(json.dumps(made))), spec)
    assert same(light(json.loads(json.dumps(spec.canonical()))), spec)


@pytest.mark.parametrize("text", [MINIMAL, FULL])
def test_examples_are_read_the_same_without_pydantic(text: str) -> None:
    spec = load(text.encode(), "m.yaml").spec
    found = light(spec.canonical())
    assert same(found, spec)
    assert vars(found).keys() == set(shape.SECTIONS)


def test_the_environment_without_a_file_is_one_that_could_have_a_file() -> None:
    about = {"metadata": {"name": "default"}, "promote": "automatic"}
    environment = Environment.model_validate(
        {"apiVersion": "modelspec/v1", "kind": "Environment", **about}
    )
    given = {*Environment.model_fields} - {"apiVersion", "kind", "metadata", "overrides"}
    for name in (*given, "name", "is_automatic"):
        assert getattr(DEFAULT.environment, name) == getattr(environment, name), name
    assert not any(changes.deploy.tree for _, changes in environment.changes("churn"))
    assert not list(DEFAULT.environment.changes("churn"))


def lock_of(name: str) -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((golden.EXAMPLES / name / "release.lock").read_text("utf-8"))
    return lock


@pytest.mark.parametrize("name", golden.NAMES)
def test_a_sealed_lock_renders_as_a_validated_one_does(name: str) -> None:
    lock = lock_of(name)
    assert is_sealed(lock)
    assert render(lock, DEFAULT, builtin()) == render(released_part(lock), DEFAULT, builtin())


@given(SECTIONS)
def test_whatever_is_in_a_sealed_lock_renders_as_if_it_were_validated(
    sections: dict[str, Any],
) -> None:
    lock = lock_of("wine")
    part = {**released_part(lock), "spec": {**lock["spec"], **sections}}
    assert not is_sealed({**part, "digest": lock["digest"]}) or not sections
    given = render(part, DEFAULT, builtin())
    assert render(parse(sealed_text(part, {})), DEFAULT, builtin()) == given


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "deploy"), {"replicas": {"min": "two"}}),
        (("spec", "metadata", "owner"), ["somebody"]),
        (("record", "version"), "latest"),
        (("record", "image", "tag"), "wine:latest"),
    ],
)
def test_a_lock_that_was_edited_by_hand_is_validated(path: tuple[str, ...], value: Any) -> None:
    lock = lock_of("wine")
    place = lock
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InputError, match=r"release\.lock: "):
        render(lock, DEFAULT, builtin())
