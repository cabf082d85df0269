"""What is served, and what it is asked: a network of the breast-cancer example's shape, one row."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from statistics import mean, pstdev
from typing import TYPE_CHECKING, Any

from tests.serving import folders, networks
from tests.serving.calls import SERVICE, infer_request, raw_values
from tests.serving.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NAME = "bench"
_TABLE = ROOT / "examples" / "breast-cancer" / "breast_cancer.csv"
_TARGET = "diagnosis"


@dataclass(frozen=True)
class Question:
    """One request, always the same."""

    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    grpc: bool = False


def _table() -> list[dict[str, str]]:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(folder: Path) -> None:
    """The model folder; weights are random, as they do not change what a row costs."""
    rows = _table()
    features: list[dict[str, Any]] = []
    for name in rows[0].keys() - {_TARGET}:
        column = [float(row[name]) for row in rows]
        features.append(
            {"name": name, "type": "number", "mean": mean(column), "scale": pstdev(column)}
        )
    folders.write(
        folder,
        sorted(features, key=lambda feature: feature["name"]),
        networks.layers([len(features), 64, 32, 1]),
        "sigmoid",
        name=NAME,
        task="binary_classification",
        classes=["benign", "malignant"],
    )


def _row() -> list[float]:
    first = _table()[0]
    return [float(first[name]) for name in sorted(first.keys() - {_TARGET})]


def instances(path: str) -> Question:
    """`{"instances": [[...]]}`, which most servers take."""
    return Question(path, json.dumps({"instances": [_row()]}).encode())


def tensor() -> Question:
    """The Open Inference Protocol v2 in JSON."""
    row = _row()
    inputs = {"name": "inputs", "shape": [1, len(row)], "datatype": "FP64", "data": row}
    return Question(f"/v2/models/{NAME}/infer", json.dumps({"inputs": [inputs]}).encode())


def binary() -> Question:
    """The same with its binary extension, both ways."""
    raw = raw_values("FP64", _row())
    inputs = {
        "name": "inputs",
        "shape": [1, len(_row())],
        "datatype": "FP64",
        "parameters": {"binary_data_size": len(raw)},
    }
    text = json.dumps({"inputs": [inputs], "parameters": {"binary_data_output": True}}).encode()
    headers = {
        "content-type": "application/octet-stream",
        "inference-header-content-length": str(len(text)),
    }
    return Question(f"/v2/models/{NAME}/infer", text + raw, headers)


def call() -> Question:
    """The same over gRPC."""
    row = _row()
    request = infer_request([("inputs", "FP64", [1, len(row)], row)], model_name=NAME)
    message = request.SerializeToString()
    framed = b"\0" + len(message).to_bytes(4, "big") + message
    headers = {"content-type": "application/grpc", "te": "trailers"}
    return Question(f"/{SERVICE}/ModelInfer", framed, headers, grpc=True)
