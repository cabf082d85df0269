"""Trains and exports in a process of its own, and prints digests of all that came out."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

from modelspec.training.export import FORMATS, compare, export
from modelspec.training.network import build
from modelspec.training.predict import predict
from modelspec.training.tolerance import Tolerance
from modelspec.training.weights import digest, load_weights
from tests.training.conftest import MLP, train_breast_cancer


def main(weights: Path) -> None:
    trained = train_breast_cancer()
    found = {"weights": digest(trained.model)}
    model = build(MLP, 30, "binary_classification", 2)
    load_weights(model, weights)
    found["loaded"] = digest(model)
    rows = trained.test.inputs
    for name in FORMATS:
        folder = Path(tempfile.mkdtemp(dir=weights.parent))
        for file in export(name, model, folder):
            found[f"{name}/{file}"] = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        compare(name, folder, rows, predict(model, rows), Tolerance())
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
