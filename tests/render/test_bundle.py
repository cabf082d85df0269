from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from modelspec.adapters.templates import builtin
from modelspec.diagnostics import InputError
from modelspec.render.bundle import render
from modelspec.spec.default import DEFAULT, LoadedEnvironment
from modelspec.spec.model import ModelSpec
from tests.render.conftest import COMMIT, IMAGE_ID, sample
from tests.render.hostile import HOSTILE

GOLDEN = Path(__file__).parent / "golden"
REFERENCE = "registry.example:5000/team/churn@sha256:" + "9" * 64


def files(lock: dict[str, Any], environment: LoadedEnvironment = DEFAULT) -> dict[str, str]:
    return {a.path: a.text for a in render(lock, environment, builtin())}


def objects(lock: dict[str, Any], environment: LoadedEnvironment = DEFAULT) -> dict[str, Any]:
    texts = files(lock, environment).values()
    return {d["kind"]: d for text in texts for d in yaml.safe_load_all(text)}


def pod(lock: dict[str, Any]) -> dict[str, Any]:
    template: dict[str, Any] = objects(lock)["Deployment"]["spec"]["template"]
    return template


def test_the_files_of_a_release_are_what_they_were() -> None:
    found = files(sample())
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        for path, text in found.items():
            (GOLDEN / path).write_text(text)
    assert found == {path.name: path.read_text() for path in GOLDEN.iterdir()}


def test_eight_objects_stand_in_two_files() -> None:
    kinds = {
        path: [d["kind"] for d in yaml.safe_load_all(text)]
        for path, text in files(sample()).items()
    }
    assert kinds == {
        "serving.yaml": [
            "ServiceAccount",
            "Deployment",
            "Service",
            "HorizontalPodAutoscaler",
            "PodDisruptionBudget",
            "NetworkPolicy",
        ],
        "monitoring.yaml": ["ServiceMonitor", "PrometheusRule"],
    }


def test_the_bytes_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "import sys, json; from modelspec.render.bundle import render;"
        "from modelspec.adapters.templates import builtin;"
        "from modelspec.spec.default import DEFAULT;"
        "print([a.text for a in render(json.load(sys.stdin), DEFAULT, builtin())])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(sample()),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1


def test_a_patch_release_that_only_changes_an_objective_changes_only_rules() -> None:
    before = files(sample())
    after = files(
        sample(
            **{
                "spec.monitor": {"slo": {"latency_p99": "100ms"}},
                "record.version": "1.4.3",
                "record.commit": "e" * 40,
            }
        )
    )
    assert after["serving.yaml"] == before["serving.yaml"]
    old, new = (list(yaml.safe_load_all(f["monitoring.yaml"])) for f in (before, after))
    assert old[0] == new[0]
    assert old[1] != new[1]


def test_a_patch_version_owner_or_replicas_never_reach_the_pod_template() -> None:
    changed = sample(
        **{
            "record.version": "1.4.3",
            "spec.metadata.owner": "others",
            "spec.metadata.description": "Another text.",
            "spec.deploy": {"replicas": {"min": 3, "max": 4, "target_cpu": "50%"}},
        }
    )
    assert pod(changed) == pod(sample())
    assert "1.4.2" not in files(sample())["serving.yaml"]


def test_without_a_registry_the_image_is_local_and_its_id_is_in_the_pod_template() -> None:
    template = pod(sample())
    (container,) = template["spec"]["containers"]
    assert container["image"] == "churn:sha-4be1c0ffee12"
    assert container["imagePullPolicy"] == "Never"
    assert template["metadata"]["annotations"] == {"modelspec/image-id": IMAGE_ID}


def test_with_a_registry_the_image_is_named_by_digest() -> None:
    template = pod(sample(**{"record.image.reference": REFERENCE}))
    (container,) = template["spec"]["containers"]
    assert container["image"] == REFERENCE
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert "annotations" not in template["metadata"]


def test_the_pod_meets_the_restricted_profile() -> None:
    spec = pod(sample())["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["automountServiceAccountToken"] is False
    assert not {"volumes", "hostNetwork", "hostPID", "hostIPC"} & spec.keys()


def test_memory_is_limited_to_its_request_and_cpu_is_not_limited() -> None:
    resources = {"cpu": "2", "memory": "1Gi"}
    (container,) = pod(sample(**{"spec.deploy": {"resources": resources}}))["spec"]["containers"]
    assert container["resources"] == {"requests": resources, "limits": {"memory": "1Gi"}}


def test_the_autoscaler_takes_what_the_spec_says_in_whole_percent() -> None:
    replicas = {"min": 3, "max": 7, "target_cpu": "0.4%"}
    found = objects(sample(**{"spec.deploy": {"replicas": replicas}}))
    scaler = found["HorizontalPodAutoscaler"]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 7)
    assert scaler["metrics"][0]["resource"]["target"]["averageUtilization"] == 1
    assert "replicas" not in found["Deployment"]["spec"]


def test_a_changed_window_of_an_alert_is_said_on_the_rule() -> None:
    lock = sample(**{"spec.monitor": {"slo": {"availability": "90%"}}})
    notes = objects(lock)["PrometheusRule"]["metadata"]["annotations"]["modelspec/slo-windows"]
    assert notes.startswith("availability: page at 2 % of the budget looks at 1h36m")


@cache
def _plain() -> dict[str, Any]:
    return objects(described("", ""))


def expected(owner: str, description: str) -> dict[str, Any]:
    """The objects of a lock without owner and description, with them put where they belong."""
    plain = copy.deepcopy(_plain())
    about = {"modelspec/owner": owner, "modelspec/description": description}
    given = {key: text for key, text in about.items() if text}
    for kind in ("Deployment", "PrometheusRule"):
        if given:
            plain[kind]["metadata"].setdefault("annotations", {}).update(given)
    for group in plain["PrometheusRule"]["spec"]["groups"]:
        for rule in group["rules"]:
            if "alert" in rule and owner:
                rule["annotations"]["owner"] = owner.replace("{{", '{{ "{{" }}')
    return plain


def described(owner: str, description: str) -> dict[str, Any]:
    return sample(**{"spec.metadata.owner": owner, "spec.metadata.description": description})


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_stays_text_wherever_it_is_placed(text: str) -> None:
    assert objects(described("", text)) == expected("", text)
    owner = text.replace("\n", " ")[:200]
    assert objects(described(owner, "")) == expected(owner, "")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@settings(deadline=None)
@given(TEXT, TEXT)
def test_any_owner_and_description_change_nothing_else(owner: str, description: str) -> None:
    lock = described(owner, description)
    try:
        ModelSpec.from_canonical(lock["spec"])
    except ValidationError:
        with pytest.raises(InputError):
            objects(lock)
        return
    assert objects(lock) == expected(owner, description)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(
    "key",
    [
        "spec.metadata.name",
        "record.name",
        "record.version",
        "record.image.id",
        "record.image.commit",
        "record.image.tag",
        "record.image.reference",
    ],
)
def test_a_lock_edited_by_hand_into_something_else_is_refused_by_its_key(
    key: str, text: str
) -> None:
    with pytest.raises(InputError) as caught:
        objects(sample(**{key: text}))
    assert caught.value.exit_code == 3
    # A name is wrong in itself, or by being another one than the record's.
    shown = "record.name" if "name" in key and "record.name" in str(caught.value) else key
    assert f"release.lock: {shown}: " in str(caught.value)


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1).filter(
        lambda s: "@" not in s
    )
)
def test_any_image_name_that_could_be_one_stays_one_value(name: str) -> None:
    reference = f"{name}@sha256:{'9' * 64}"
    (container,) = pod(sample(**{"record.image.reference": reference}))["spec"]["containers"]
    assert container["image"] == reference


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ({"record.version": "1.4"}, ["record.version: must be MAJOR.MINOR.PATCH"]),
        ({"record.version": 1.4}, ["record.version: "]),
        ({"record.image": {}}, ["record.image.id: ", "record.image.tag: "]),
        ({"spec.task": "guess", "record.inputs": None}, ["spec.task: ", "record.inputs: "]),
        (
            {"record.steps.data.record.schema_": None},
            ["record.steps.data: must have the schema of the model"],
        ),
        (
            {"record.steps.data.record.schema_.classes": ["no"]},
            ["record.steps.data: 1 classes do not fit the task binary_classification"],
        ),
        ({"spec": None}, ["spec: is missing"]),
        ({"record": None}, ["record: is missing"]),
        ({"spec": [1], "record": "x"}, ["spec: is missing", "record: is missing"]),
    ],
)
def test_every_wrong_value_of_a_lock_is_told_at_once(
    change: dict[str, Any], messages: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        render(sample(**change), DEFAULT, builtin())
    for message in messages:
        assert f"release.lock: {message}" in str(caught.value)


def test_a_lock_without_spec_and_record_is_refused() -> None:
    with pytest.raises(InputError, match="is missing"):
        render({}, DEFAULT, builtin())


def test_the_commit_on_the_deployment_is_the_one_the_image_was_built_from() -> None:
    annotations = objects(sample())["Deployment"]["metadata"]["annotations"]
    assert annotations["modelspec/commit"] == COMMIT
