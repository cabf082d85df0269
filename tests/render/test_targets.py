from __future__ import annotations

from typing import Any

import pytest
import yaml

from modelspec.adapters.templates import builtin
from modelspec.diagnostics import InputError
from modelspec.render.bundle import TARGETS, render
from modelspec.serving.contract import ENV_FEEDBACK_TOKEN_FILE, ENV_TOKEN_FILE
from modelspec.spec.default import DEFAULT
from modelspec.spec.environment import load_environment
from tests.render.conftest import sample


def test_every_template_is_used_by_a_target_and_every_target_has_its_templates() -> None:
    used = {name for target in TARGETS.values() for name in target.files}
    assert used == set(builtin())
    assert {name.split("/")[0] for name in used} == set(TARGETS)


def test_labels_of_a_model_are_on_every_object_and_on_no_pod_or_selector() -> None:
    given = {"team": "growth", "tier": "no", "example.com/cost": "012"}
    plain, labelled = (
        [d for a in render(lock, DEFAULT, builtin()) for d in yaml.safe_load_all(a.text)]
        for lock in (sample(), sample(**{"spec.metadata.labels": given}))
    )
    assert len(labelled) == 8
    for one in labelled:
        for key, value in given.items():
            assert one["metadata"]["labels"].pop(key) == value
    assert labelled == plain


def test_the_order_of_labels_in_the_spec_changes_nothing() -> None:
    given = {"b": "1", "a": "2", "c": "3"}
    one, other = (
        render(sample(**{"spec.metadata.labels": labels}), DEFAULT, builtin())
        for labels in (given, dict(sorted(given.items())))
    )
    assert one == other


def pod_of(**changes: Any) -> dict[str, Any]:
    """The pod that is rendered."""
    text = {a.path: a.text for a in render(sample(**changes), DEFAULT, builtin())}["serving.yaml"]
    (found,) = (d for d in yaml.safe_load_all(text) if d["kind"] == "Deployment")
    pod: dict[str, Any] = found["spec"]["template"]["spec"]
    return pod


@pytest.mark.parametrize(
    ("changes", "secret", "name"),
    [
        ({"spec.serve": {"feedback": True}}, "churn-feedback", ENV_FEEDBACK_TOKEN_FILE),
        ({"spec.deploy.token": True}, "churn-token", ENV_TOKEN_FILE),
    ],
    ids=["feedback", "predictions"],
)
def test_a_token_is_mounted_where_the_runtime_reads_it(
    changes: dict[str, Any], secret: str, name: str
) -> None:
    pod = pod_of(**changes)
    (volume,), (container,) = pod["volumes"], pod["containers"]
    assert volume["secret"]["secretName"] == secret
    assert volume["secret"]["optional"] is False
    (mount,), (variable,) = container["volumeMounts"], container["env"]
    assert mount["name"] == volume["name"]
    assert mount["readOnly"] is True
    assert variable["name"] == name
    (item,) = volume["secret"]["items"]
    assert variable["value"] == f"{mount['mountPath']}/{item['path']}"


def test_both_tokens_are_mounted_apart() -> None:
    pod = pod_of(**{"spec.serve": {"feedback": True}, "spec.deploy.token": True})
    mounts = pod["containers"][0]["volumeMounts"]
    assert len({mount["mountPath"] for mount in mounts}) == len(pod["volumes"]) == 2
    assert {mount["name"] for mount in mounts} == {volume["name"] for volume in pod["volumes"]}


def test_without_tokens_nothing_is_mounted() -> None:
    pod = pod_of()
    assert "volumes" not in pod
    assert pod["containers"][0].keys().isdisjoint({"volumeMounts", "env"})


def test_an_environment_cannot_watch_labels_that_the_image_does_not_take() -> None:
    lines = [
        "apiVersion: modelspec/v1",
        "kind: Environment",
        "metadata: {name: prod}",
        "models: {churn: 1.4.2}",
        "overrides:",
        "  monitor:",
        "    quality: {metric: recall, alert: 0.5}",
    ]
    prod = load_environment("\n".join(lines).encode(), "environments/prod.yaml")
    with pytest.raises(InputError) as caught:
        render(sample(), prod, builtin())
    (problem,) = caught.value.diagnostics
    assert str(problem.location) == "environments/prod.yaml:7:14"
    assert "for churn, monitor.quality needs late labels" in problem.message
    assert problem.hint.endswith("`serve: {feedback: true}`, in the file of churn")
    assert render(sample(**{"spec.serve": {"feedback": True}}), prod, builtin())
