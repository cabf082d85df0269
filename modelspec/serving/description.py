"""What a caller may know about the model, beside what the protocols have words for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bundle import Bundle


def description(bundle: Bundle) -> dict[str, Any]:
    """Name, versions, digests, inputs and classes."""
    model = bundle.description
    return {
        "name": model.name,
        "version": model.version,
        "task": model.task,
        "runtime": model.runtime,
        "model_digest": model.model_digest,
        "commit": model.commit,
        "inputs": [_input(feature) for feature in bundle.features],
        "classes": model.classes,
        "threshold": model.threshold,
    }


def _input(feature: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": feature["name"], "type": feature["type"]}
    if feature["type"] == "number":
        bounds = {key: feature[key] for key in ("min", "max") if feature[key] is not None}
        return {**shown, "optional": feature["fill"] is not None, **bounds}
    shown["optional"] = feature["missing"] != "error"
    return shown if feature["hash"] else {**shown, "values": feature["values"]}
