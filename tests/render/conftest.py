"""A release as `apply` makes it, to be rendered."""

from __future__ import annotations

from typing import Any

COMMIT = "8c14e08a5d2f4b6f9a3e7c1d0b5f8a2e4c6d9b17"
DIGESTS = [f"sha256:{digit * 64}" for digit in "0123456789abcdef"]
IMAGE_ID = "sha256:4be1c0ffee123456" + "7" * 48


def sample(**changes: Any) -> dict[str, Any]:
    """The lock of a released model, with dotted keys changed: `**{"record.version": "2.0.0"}`."""
    lock: dict[str, Any] = {"spec": _spec(), "record": _record()}
    for path, value in changes.items():
        *above, last = path.split(".")
        part = lock
        for name in above:
            part = part.setdefault(name, {})
        part[last] = value
    return lock


def _spec() -> dict[str, Any]:
    return {
        "apiVersion": "modelspec/v1",
        "kind": "Model",
        "metadata": {
            "name": "churn",
            "owner": "growth-ml",
            "description": "Will this customer cancel within 30 days?",
        },
        "task": "binary_classification",
        "data": {"source": "churn.csv", "target": {"column": "churned", "positive": "yes"}},
        "model": {"type": "mlp"},
        "export": ["savedmodel", "tflite"],
    }


def _record() -> dict[str, Any]:
    side = {"rows": 700, "classes": {"no": 500, "yes": 200}}
    number = {"name": "tenure", "type": "number", "mean": 11.5, "scale": 3.25}
    records: dict[str, dict[str, Any]] = {
        "data": {
            "schema_": {"features": [number], "classes": ["no", "yes"]},
            "train": side,
            "validation": side,
            "test": side,
        },
        "train": {"epochs": 18, "best_epoch": 13, "loss": 0.061, "parameters": 4161},
        "evaluate": {
            "metrics": {"roc_auc": {"value": 0.994, "low": 0.981, "high": 1.0, "rows": 114}},
            "baseline": {"roc_auc": 0.5},
            "threshold": 0.5,
            "predictions": {"labels": ["(-Inf, +Inf)"], "shares": [1.0], "cuts": []},
        },
        "reference": {"features": 1, "bins": 10},
        "export.savedmodel": {"format": "savedmodel", "max_difference": 0.0, "tolerance": 1e-5},
        "export.tflite": {"format": "tflite", "max_difference": 2e-7, "tolerance": 1e-5},
        "image": {
            "base": "python:3.11-slim-bookworm",
            "base_id": DIGESTS[14],
            "size": 57_000_000,
            "tag": "churn:sha-4be1c0ffee12",
            "commit": COMMIT,
        },
        "check": {
            "ran_as": "container",
            "ready_seconds": 0.7,
            "rows": 16,
            "max_difference": 2e-7,
        },
    }
    made: dict[str, dict[str, Any]] = {
        name: {"key": DIGESTS[n], "record": {"output": DIGESTS[n + 7], **record}}
        for n, (name, record) in enumerate(records.items())
    }
    made["image"]["record"]["output"] = IMAGE_ID
    return {
        "record": 1,
        "name": "churn",
        "version": "1.4.2",
        "published": False,
        "commit": "d" * 40,
        "inputs": DIGESTS[15],
        "sources": {"models/churn/churn.csv": "b" * 40, "models/churn/model.yaml": "a" * 40},
        "steps": made,
        "image": {
            "id": IMAGE_ID,
            "tag": "churn:sha-4be1c0ffee12",
            "commit": COMMIT,
            "reference": None,
        },
        "toolchain": {"modelspec": "0.1.0", "python": "3.11", "tensorflow": "2.21.0"},
    }
