"""Model folders as the image has them, with networks whose answers NumPy can work out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelspec.serving.contract import MODEL_FILES
from modelspec.serving.preprocess import Preprocessor
from tests.serving import networks
from tests.serving.references import reference
from tests.serving.runtimes import content

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

Json = dict[str, Any]

TENURE: Json = {"name": "tenure", "type": "number", "mean": 20.0, "scale": 12.5, "fill": 18.0}
SPEND: Json = {"name": "spend", "type": "number", "mean": 55.5, "scale": 3.3, "min": 0, "max": 1e6}
PLAN: Json = {"name": "plan", "type": "category", "values": ["free", "pro", "team"]}
REGION: Json = {
    "name": "region",
    "type": "category",
    "values": ["north", "south"],
    "missing": "own_category",
}
CHANNEL: Json = {
    "name": "channel",
    "type": "category",
    "values": ["web", "phone"],
    "missing": "fill",
    "fill": "web",
}
CHURN: list[Json] = [PLAN, TENURE, REGION, SPEND, CHANNEL]
CHURN_ROW: list[Any] = ["pro", 3.5, "north", 60, "phone"]


@dataclass(frozen=True)
class Folder:
    """A model folder and the network in it."""

    path: Path
    features: list[Json]
    network: list[networks.Layer]
    activation: str

    def answer(self, rows: Sequence[Any]) -> NDArray[np.float64]:
        """What NumPy says the network answers to raw rows."""
        encoded = Preprocessor(self.features).rows(rows)
        return networks.answer(self.network, self.activation, encoded)

    def describe(self, **changes: Any) -> None:
        """Changes keys of `serving.json`; a value of None stays in the file as null."""
        file = self.path / "serving.json"
        content = json.loads(file.read_text())
        file.write_text(json.dumps({**content, **changes}, sort_keys=True))


def write(
    path: Path,
    features: list[Json],
    network: list[networks.Layer],
    activation: str,
    runtime: str = "tflite",
    **description: Any,
) -> Folder:
    """Writes `serving.json`, the model file and `reference.json` of format 1."""
    path.mkdir(exist_ok=True)
    file = MODEL_FILES[runtime]
    model = content(runtime, network, activation)
    (path / file).write_bytes(model)
    held_against = json.dumps(reference(features, len(network[-1][1]))).encode()
    (path / "reference.json").write_bytes(held_against)
    described = {
        "format": 1,
        "version": "1.4",
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "features": features,
        "classes": [],
        "threshold": None,
        "runtime": runtime,
        "model_file": file,
        "model_digest": f"sha256:{hashlib.sha256(model).hexdigest()}",
        "reference_file": "reference.json",
        "reference_digest": f"sha256:{hashlib.sha256(held_against).hexdigest()}",
        **description,
    }
    (path / "serving.json").write_text(json.dumps(described, sort_keys=True))
    return Folder(path, features, network, activation)


def churn(
    path: Path, features: list[Json] = CHURN, runtime: str = "tflite", **changes: Any
) -> Folder:
    """A binary model of categories and numbers with a threshold of 0.3."""
    network = networks.layers([Preprocessor(features).width, 8, 1])
    description = {
        "name": "churn",
        "task": "binary_classification",
        "classes": ["no", "yes"],
        "threshold": 0.3,
    }
    return write(path, features, network, "sigmoid", runtime, **(description | changes))


def wine(path: Path) -> Folder:
    """A multiclass model of two numbers."""
    features: list[Json] = [
        {"name": name, "type": "number", "mean": 0.5, "scale": 2.0} for name in ("acid", "ash")
    ]
    return write(
        path,
        features,
        networks.layers([2, 16, 3]),
        "softmax",
        name="wine",
        task="multiclass_classification",
        classes=["barolo", "grignolino", "barbera"],
    )


def rent(path: Path, network: list[networks.Layer] | None = None) -> Folder:
    """A regression of one number."""
    features: list[Json] = [{"name": "area", "type": "number", "mean": 70.0, "scale": 30.0}]
    return write(
        path,
        features,
        network or networks.layers([1, 1]),
        "none",
        name="rent",
        task="regression",
    )
