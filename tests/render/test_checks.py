from __future__ import annotations

from typing import Any

import pytest

from modelspec.adapters.templates import builtin
from modelspec.diagnostics import InputError, TemplateError
from modelspec.render.bundle import render
from modelspec.render.checks import check
from modelspec.render.queries import metrics
from modelspec.render.reader import documents
from modelspec.spec.default import DEFAULT
from modelspec.spec.paths import NAME_LENGTH
from tests.render.conftest import sample

FILES = {a.path: a.text for a in render(sample(), DEFAULT, builtin())}


def refused(path: str, old: str, new: str, count: int = 1) -> str:
    changed = FILES[path].replace(old, new, count)
    assert changed != FILES[path]
    with pytest.raises(TemplateError) as caught:
        check({**FILES, path: changed})
    return str(caught.value)


@pytest.mark.parametrize(
    ("path", "old", "new", "message"),
    [
        (
            "serving.yaml",
            "kind: Service\n",
            "kind: Deployment\n",
            "Deployment churn: is there twice",
        ),
        ("serving.yaml", '  name: "churn"', f'  name: "{"c" * 64}"', "at most 63 characters"),
        ("serving.yaml", '  name: "churn"', '  name: "Churn"', "must be a DNS label"),
        ("serving.yaml", "containerPort: 8501", "containerPort: 8502", "no container has the port"),
        ("serving.yaml", 'targetPort: "http"', "targetPort: 80", "no container has the port 80"),
        (
            "serving.yaml",
            'path: "/healthz", port: "http"',
            'path: "/", port: "web"',
            "livenessProbe",
        ),
        (
            "serving.yaml",
            'serviceAccountName: "churn"',
            "serviceAccountName: x",
            "ServiceAccount x",
        ),
        ("serving.yaml", '    kind: Deployment\n    name: "churn"', "    kind: Job", "Job None to"),
        ("serving.yaml", "  strategy:", "  replicas: 3\n  strategy:", "fixed number of replicas"),
        ("serving.yaml", 'version: "1.4"', "version: 1.4", "label app.kubernetes.io/version"),
        ("serving.yaml", "modelspec/commit:", "modelspec//commit:", "not a key"),
        ("serving.yaml", 'modelspec/commit: "8c', 'modelspec/commit: 8\n    x: "', "must be text"),
        ("monitoring.yaml", 'port: "http"', 'port: "web"', "no Service has a port called web"),
        ("monitoring.yaml", "churn-latency", "churn-availability", "two groups"),
        (
            "monitoring.yaml",
            "modelspec_requests_total",
            "modelspec_request_total",
            "no metric model",
        ),
        ("monitoring.yaml", "ratio_rate1h{", "ratio_rate2h{", "errors:ratio_rate2h"),
        ("monitoring.yaml", 'window: "6h"', 'window: "1h"', "another alert has this name"),
        ("monitoring.yaml", 'alert: "ModelMetricsAbsent"', 'alert: ""', "needs a name"),
    ],
)
def test_what_would_not_work_on_a_cluster_is_refused(
    path: str, old: str, new: str, message: str
) -> None:
    assert message in refused(path, old, new)


@pytest.mark.parametrize("kind", ["Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"])
def test_a_selector_that_matches_no_pod_is_refused(kind: str) -> None:
    before, after = FILES["serving.yaml"].split(f"kind: {kind}\n", 1)
    spec = after.index("\nspec:")
    changed = after[:spec] + after[spec:].replace('name: "churn"', 'name: "other"', 1)
    with pytest.raises(TemplateError, match=f"{kind} churn: its selector matches no pod"):
        check({**FILES, "serving.yaml": f"{before}kind: {kind}\n{changed}"})


def test_a_monitor_that_selects_no_service_is_refused() -> None:
    before, after = FILES["monitoring.yaml"].split("matchLabels:", 1)
    changed = after.replace('name: "churn"', 'name: "other"', 1)
    with pytest.raises(TemplateError, match="matches no Service"):
        check({**FILES, "monitoring.yaml": f"{before}matchLabels:{changed}"})


def test_an_object_that_is_left_out_is_no_mistake() -> None:
    without = FILES["monitoring.yaml"].partition("---")[2]
    check({**FILES, "monitoring.yaml": f"---\n{without}"})


def test_all_mistakes_are_told_at_once() -> None:
    serving = FILES["serving.yaml"].replace("  strategy:", "  replicas: 1\n  strategy:")
    monitoring = FILES["monitoring.yaml"].replace('port: "http"', 'port: "web"')
    with pytest.raises(TemplateError) as caught:
        check({"serving.yaml": serving, "monitoring.yaml": monitoring})
    assert len(caught.value.diagnostics) == 2


def test_a_key_written_twice_is_refused_with_its_place() -> None:
    with pytest.raises(TemplateError) as caught:
        documents("x.yaml", "a: 1\nb:\n  c: 1\n  c: 2\n")
    (found,) = caught.value.diagnostics
    assert str(found.location) == "x.yaml:4:3"
    assert "`c` twice" in found.message


@pytest.mark.parametrize(
    "text", ["on: 1", "1: x", "[a]: x", "a: [", "a: !!python/name:os.system", "a: 2024-13-01", "\t"]
)
def test_what_readers_understand_differently_or_not_at_all_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        documents("x.yaml", text)


@pytest.mark.parametrize("text", ["[]", "x", "a: 1", "''"])
def test_a_document_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(TemplateError, match="is no Kubernetes object"):
        check({"x.yaml": f"{text}\n---\na: 1\n"})


@pytest.mark.parametrize("spec", ["[]", "x", "{selector: x, ports: [1], groups: [{rules: {}}]}"])
@pytest.mark.parametrize(
    "kind",
    [
        "Deployment",
        "Service",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "HorizontalPodAutoscaler",
        "ServiceMonitor",
    ],
)
def test_objects_of_any_shape_are_judged_without_a_crash(kind: str, spec: str) -> None:
    with pytest.raises(TemplateError):
        check({"x.yaml": f"apiVersion: v1\nkind: {kind}\nmetadata: [1]\nspec: {spec}\n"})


def test_metrics_are_found_in_promql_and_not_in_its_strings() -> None:
    expression = "sum by (a) (rate(x_total{b='y{z}'}[5m])) / on (a) m:e:r > absent(modelspec_q)"
    assert metrics(expression) == {"x_total", "m:e:r", "modelspec_q"}


def test_the_longest_name_of_a_model_fits_every_object() -> None:
    longest = "m" * NAME_LENGTH
    found = documents_of(named(longest))
    assert {one["metadata"]["name"] for one in found} == {longest}
    with pytest.raises(InputError, match="metadata.name"):
        documents_of(named(f"{longest}m"))


def named(name: str) -> dict[str, Any]:
    tag = f"{name}:sha-4be1c0ffee12"
    return sample(**{"spec.metadata.name": name, "record.name": name, "record.image.tag": tag})


def documents_of(lock: dict[str, Any]) -> list[Any]:
    artifacts = render(lock, DEFAULT, builtin())
    return [one for artifact in artifacts for one in documents(artifact.path, artifact.text)]
