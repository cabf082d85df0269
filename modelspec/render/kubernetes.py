"""Kubernetes: what serves a model, and keeps serving it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from modelspec.plan.image import reference
from modelspec.render.release import Released
from modelspec.serving.contract import (
    ENV_FEEDBACK_TOKEN_FILE,
    ENV_TOKEN_FILE,
    GRPC_PORT,
    GRPC_PORT_NAME,
    HEALTH_ROUTE,
    PORT,
    PORT_NAME,
    READY_ROUTE,
)

FILES = {"kubernetes/serving.yaml.j2": "serving.yaml"}

SECRETS_FOLDER = "/var/run/secrets/modelspec"
TOKEN_KEY = "token"  # noqa: S105 - no token
USER = 10001
DRAIN_SECONDS = 5
"""How long a pod that is to stop still answers: until every proxy has heard that it goes."""


def context(released: Released) -> dict[str, Any]:
    """Values for the templates beyond those of every target."""
    deploy = released.spec.deploy
    image = released.release.image
    where = reference(image, released.environment.registry)
    local = where is None
    return {
        "image": {
            "name": image.tag if where is None else where,
            # A bare name would be pulled from a public registry.
            "pull_policy": "Never" if local else "IfNotPresent",
        },
        "built_from": {"modelspec/commit": image.commit},
        # A tag may be moved; what it meant is then still in the pod template.
        "pod_annotations": {"modelspec/image-id": image.id} if local else {},
        "port": {"name": PORT_NAME, "number": PORT},
        "grpc_port": {"name": GRPC_PORT_NAME, "number": GRPC_PORT},
        "routes": {"ready": READY_ROUTE, "health": HEALTH_ROUTE},
        "replicas": {
            "min": deploy.replicas.min,
            "max": deploy.replicas.max,
            "target_cpu": _percent(deploy.replicas.target_cpu),
        },
        "resources": {"cpu": deploy.resources.cpu, "memory": deploy.resources.memory},
        "secrets": list(_secrets(released)),
        "user": USER,
        "drain_seconds": DRAIN_SECONDS,
    }


def _secrets(released: Released) -> Iterator[dict[str, Any]]:
    """The Secrets that pods are given; a person makes them, once a namespace."""
    spec = released.spec
    if spec.deploy.token:
        yield _secret(released, "token", ENV_TOKEN_FILE)
    if spec.serve.feedback:
        yield _secret(released, "feedback", ENV_FEEDBACK_TOKEN_FILE)


def _secret(released: Released, name: str, variable: str) -> dict[str, Any]:
    """One that holds a token."""
    folder = f"{SECRETS_FOLDER}/{name}"
    return {
        "name": name,
        "secret": f"{released.release.name}-{name}",
        "files": [TOKEN_KEY],
        "folder": folder,
        "variable": {"name": variable, "value": f"{folder}/{TOKEN_KEY}"},
    }


def _percent(share: Decimal) -> int:
    """Whole percent, at least 1: an autoscaler takes no others."""
    return max(1, int((share * 100).to_integral_value(ROUND_HALF_UP)))
