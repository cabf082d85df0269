"""References as an image has them, made up: even bins of every feature and of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]


def reference(features: Sequence[Json], units: int) -> Json:
    """Bins of features of the serving contract, but of those called personal."""
    predictions = _numbers([0.25, 0.5, 0.75], []) if units == 1 else _columns(units, [])
    counted = [feature for feature in features if "personal" not in feature["name"]]
    return {"features": {f["name"]: _bins(f) for f in counted}, "predictions": predictions}


def _bins(feature: Json) -> Json:
    if feature["type"] == "number":
        return _numbers([-1.0, 0.0, 1.0], ["missing"] * (feature.get("fill") is not None))
    more = [] if feature.get("hash") else ["unseen"]
    more += ["missing"] * (feature.get("missing", "error") != "error")
    return _columns(feature.get("hash") or len(feature["values"]), more, feature["values"])


def _numbers(cuts: list[float], more: list[str]) -> Json:
    labels = [*(f"up to {cut}" for cut in cuts), "+Inf", *more]
    return {"cuts": cuts, "labels": labels, "shares": [1 / len(labels)] * len(labels)}


def _columns(count: int, more: list[str], names: Sequence[str] = ()) -> Json:
    labels = [*(names or map(str, range(count))), *more]
    columns = list(range(count))
    return {"columns": columns, "labels": labels, "shares": [1 / len(labels)] * len(labels)}
