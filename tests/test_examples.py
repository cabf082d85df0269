"""The examples are good models, not just ones that pass their gates once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelspec.data.dataset import prepare
from modelspec.evaluation.baseline import baseline
from modelspec.evaluation.metrics import score
from modelspec.evaluation.predicted import Predicted
from modelspec.spec.load import load
from modelspec.spec.model import ModelSpec
from modelspec.stages import rows

EXAMPLES = Path(__file__).parent.parent / "examples"
SEEDS = (1, 2, 3, 4, 5)


def scored(name: str, metric: str, seed: int, folder: Path) -> tuple[float, float]:
    """A metric of the model and of its baseline on the test rows of one split."""
    from modelspec.training import fit, loop
    from modelspec.training.predict import predict

    path = EXAMPLES / name / "model.yaml"
    plain: dict[str, Any] = load(path.read_bytes(), str(path)).spec.canonical()
    plain["data"].setdefault("split", {})["seed"] = seed
    spec = ModelSpec.from_canonical(plain)
    dataset = prepare((path.parent / spec.data.source).read_bytes(), spec.data.source, spec)
    dataset.save(folder)
    prepared = rows.Prepared(folder, dataset.schema)
    model = rows.network(spec, prepared)
    train, validation = (
        loop.Rows(prepared.inputs(side), prepared.targets(side))
        for side in (rows.TRAIN, rows.VALIDATION)
    )
    fit.fit(model, train, validation, spec.train, spec.task, seed)
    truth, classes = prepared.targets(rows.TEST), dataset.schema.classes
    ours = Predicted.of(spec.task, classes, truth, predict(model, prepared.inputs(rows.TEST)))
    base = baseline(spec.task, classes, prepared.targets(rows.TRAIN), truth)
    return score(ours, [metric])[metric], score(base, [metric])[metric]


@pytest.mark.slow
def test_wine_is_right_for_95_of_100_over_five_splits(tmp_path: Path) -> None:
    found = [scored("wine", "accuracy", seed, _folder(tmp_path, seed)) for seed in SEEDS]
    model, base = np.mean(found, axis=0)
    assert model >= 0.95
    assert model > base


@pytest.mark.slow
def test_diabetes_is_off_by_less_than_60_over_five_splits(tmp_path: Path) -> None:
    found = [scored("diabetes", "rmse", seed, _folder(tmp_path, seed)) for seed in SEEDS]
    model, base = np.mean(found, axis=0)
    assert model < 60
    assert model < base


def _folder(tmp_path: Path, seed: int) -> Path:
    folder = tmp_path / str(seed)
    folder.mkdir()
    return folder
