"""What a release changes in rendered objects."""

from __future__ import annotations

from typing import Any

from modelspec.plan.objects import NOT_BUILT, UNKNOWN, Place, deployment


def pod(image: str, **labels: str) -> dict[str, Any]:
    container = {"name": "model", "image": image}
    return {
        "kind": "Deployment",
        "metadata": {"name": "churn", "labels": {"app.kubernetes.io/version": "1.0", **labels}},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


def service(version: str, **labels: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/version": version, **labels}
    return {"kind": "Service", "metadata": {"name": "churn", "labels": labels}}


def test_labels_that_name_the_release_are_no_change() -> None:
    one = deployment("default", ["serving.yaml"], [service("1.0")], [service("1.1")])
    assert one.files == ("serving.yaml",)
    assert (one.added, one.removed, one.changes) == ((), (), ())


def test_what_an_alert_says_of_its_version_and_a_pod_of_its_image_is_no_change() -> None:
    def objects(version: str) -> list[dict[str, Any]]:
        rule = {"alert": "Burn", "labels": {"version": version, "severity": "page"}}
        names = {"modelspec/commit": version, "modelspec/image-id": version}
        meta = {"name": "churn", "annotations": names}
        return [{"kind": "PrometheusRule", "metadata": meta, "spec": {"rules": [rule]}}]

    assert deployment("default", [], objects("1.0.0"), objects("1.0.1")).changes == ()


def test_the_same_change_in_several_objects_is_told_once() -> None:
    old = [pod("a", team="red"), service("1.0", team="red")]
    new = [pod("a", team="blue"), service("1.0", team="blue")]
    (change,) = deployment("default", [], old, new).changes
    assert (change.old, change.new) == ("red", "blue")
    assert change.places == (
        Place("Deployment churn", "metadata.labels.team"),
        Place("Service churn", "metadata.labels.team"),
    )
    assert change.title == "Deployment churn, Service churn"


def test_what_is_only_known_after_the_build_is_said_to_be_unknown() -> None:
    image = f"churn:sha-{NOT_BUILT[7:19]}"
    one = deployment("default", [], [pod("churn:sha-1")], [pod(image)])
    (change,) = one.changes
    assert (change.new, change.known) == (UNKNOWN, False)
    assert one.restarts


def test_pods_restart_only_if_their_template_changes() -> None:
    old, new = pod("a"), pod("a")
    old["spec"]["replicas"], new["spec"]["replicas"] = 2, 3
    one = deployment("default", [], [old], [new])
    assert len(one.changes) == 1
    assert not one.restarts


def test_objects_that_come_and_go_are_named() -> None:
    one = deployment("default", [], [pod("a")], [service("1.0")])
    assert one.added == ("Service churn",)
    assert one.removed == ("Deployment churn",)
