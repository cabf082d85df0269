"""`kind: Environment`, and what its overrides make of a model."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import InputError
from modelspec.spec.default import DEFAULT, LoadedEnvironment
from modelspec.spec.environment import load_environment
from modelspec.spec.load import load
from modelspec.spec.model import ModelSpec
from modelspec.spec.overrides import merged, overridden
from modelspec.spec.paths import exact_version
from modelspec.spec.scalar import Wrong
from tests.spec.examples import FULL
from tests.spec.test_schema import ENVIRONMENT, refused

FILE = "environments/prod.yaml"
HEADER = "apiVersion: modelspec/v1\nkind: Environment\nmetadata: {name: prod}\n"
SPEC = load(FULL.encode(), "model.yaml").spec


def environment(body: str) -> LoadedEnvironment:
    return load_environment((HEADER + body).encode(), FILE)


def test_what_is_left_out_is_manual_and_empty() -> None:
    made = environment("").environment
    assert (made.name, made.namespace, made.registry) == ("prod", None, None)
    assert (made.is_automatic, made.models, made.target) == (False, {}, "kubernetes")
    assert overridden(SPEC, environment("")) == SPEC


def test_default_is_automatic_and_changes_nothing() -> None:
    assert DEFAULT.environment.name == "default"
    assert DEFAULT.environment.is_automatic
    assert overridden(SPEC, DEFAULT) is SPEC


def test_the_model_alone_wins_over_all_models_and_both_over_its_file() -> None:
    name = SPEC.metadata.name
    made = overridden(
        SPEC,
        environment(
            f"models: {{{name}: 1.0.0}}\n"
            "overrides:\n"
            "  deploy: {replicas: {min: 3, max: 30}, resources: {memory: 1Gi}}\n"
            f"  models: {{{name}: {{deploy: {{replicas: {{min: 5}}}}}}}}\n"
        ),
    )
    assert (made.deploy.replicas.min, made.deploy.replicas.max) == (5, 30)
    assert made.deploy.replicas.target_cpu == SPEC.deploy.replicas.target_cpu
    assert made.deploy.resources.memory == "1Gi"
    assert made.deploy.resources.cpu == SPEC.deploy.resources.cpu
    assert made.monitor == SPEC.monitor


def test_a_mistake_is_told_where_the_override_that_won_is() -> None:
    name = SPEC.metadata.name
    loaded = environment(
        f"models: {{{name}: 1.0.0}}\n"
        "overrides:\n"
        "  monitor: {slo: {latency_p99: 25ms}}\n"
        f"  models: {{{name}: {{monitor: {{slo: {{latency_p99: 26ms}}}}}}}}\n"
    )
    with pytest.raises(InputError) as refused:
        overridden(SPEC, loaded)
    assert [d.location.line for d in refused.value.diagnostics if d.location] == [7]


def test_overrides_of_other_models_change_nothing() -> None:
    other = environment(
        "models: {other: 1.0.0}\noverrides: {models: {other: {deploy: {replicas: {min: 5}}}}}\n"
    )
    assert overridden(SPEC, other) == SPEC


TREES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner | st.integers(0, 9), max_size=3),
    max_leaves=9,
)


@given(TREES, TREES)
def test_mappings_are_merged_and_everything_else_is_replaced(
    tree: dict[str, Any], change: dict[str, Any]
) -> None:
    made = merged(tree, change)
    assert made.keys() == tree.keys() | change.keys()
    for key, value in made.items():
        old, new = tree.get(key), change.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            assert value == merged(old, new)
        else:
            assert value == (new if key in change else old)


@given(st.integers(1, 1000), st.integers(1, 1000), st.sampled_from(["", "  "]))
def test_a_merged_model_is_right_or_its_mistake_is_in_the_environment(
    low: int, high: int, indent: str
) -> None:
    name = SPEC.metadata.name
    body = f"models: {{{name}: 1.0.0}}\noverrides:\n  deploy:\n{indent}    replicas:\n"
    loaded = environment(f"{body}{indent}      min: {low}\n{indent}      max: {high}\n")
    try:
        made = overridden(SPEC, loaded)
    except InputError as error:
        assert low > high
        assert [d.location.line for d in error.diagnostics if d.location] == [8]
        assert "min: " in error.diagnostics[0].excerpt
    else:
        assert ModelSpec.from_canonical(made.canonical()) == made
        assert (made.deploy.replicas.min, made.deploy.replicas.max) == (low, high)


@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda t: (HEADER + t).encode()))
def test_any_bytes_are_an_environment_or_problems_with_places(content: bytes) -> None:
    try:
        assert isinstance(load_environment(content, FILE), LoadedEnvironment)
    except InputError as error:
        assert all(d.location for d in error.diagnostics)


VALUES = """
{} [] ~ 1 a 1.5 true {a:_1} [a] 1.0.0 {churn:_1.0.0} {churn:_{}} {deploy:_} {models:_1}
{deploy:_{replicas:_{min:_2}}} {models:_{a:_{deploy:_{x:_1}}}} {monitor:_{slo:_{window:_7d}}}
{no:_"2.0.0"} "5" automatic kubernetes localhost:5000/a {name:_prod}
""".split()  # noqa: SIM905
KEYS = ["namespace", "registry", "target", "promote", "models", "overrides", "metadata", "spec"]


@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=4))
def test_any_keys_and_values_are_an_environment_or_problems_with_places(
    keys: dict[str, str],
) -> None:
    """And what is one has no errors in an editor."""
    lines = (f"{key}: {value.replace(':_', ': ')}\n" for key, value in keys.items())
    content = (HEADER + "".join(lines)).encode()
    try:
        loaded = load_environment(content, FILE)
    except InputError as error:
        assert all(d.location and d.location.file == FILE for d in error.diagnostics)
        return
    overridden(SPEC, loaded)
    assert refused(content, ENVIRONMENT) == []


@given(st.text(max_size=12))
def test_a_version_is_three_numbers_or_refused_with_what_to_write(text: str) -> None:
    try:
        assert [int(part) for part in exact_version(text).split(".")]
    except Wrong as wrong:
        assert wrong.hint


@pytest.mark.parametrize("value", [None, [], {}, 1])
def test_what_is_no_text_is_no_version(value: object) -> None:
    with pytest.raises(Wrong):
        exact_version(value)
