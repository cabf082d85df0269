"""Measure the model on the test rows, beside the baseline, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from modelspec.plan.columns import number
from modelspec.plan.digest import digest, digest_bytes
from modelspec.plan.records import Estimate, EvaluateRecord, Schema
from modelspec.spec.metrics import default_metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelspec.evaluation.predicted import Predicted
    from modelspec.plan.plan import Plan, Step
    from modelspec.spec.model import ModelSpec
    from modelspec.stages.world import Done, World

FILE = "test.npz"


def run(step: Step, plan: Plan, done: Done, world: World, folder: Path) -> EvaluateRecord:
    """Predict validation and test rows; find the threshold; score, and save what was predicted.

    Raises:
        ModelRejected: if a prediction is not finite, or a metric is not defined.
    """
    from modelspec.data.reference import prediction_bins
    from modelspec.evaluation.intervals import intervals
    from modelspec.evaluation.metrics import score, score_defined
    from modelspec.stages import rows
    from modelspec.stages.reference import plain
    from modelspec.training.predict import predict

    spec = plan.spec
    prepared = rows.prepared(done)
    model = rows.trained(spec, prepared, done.folder("train"))
    predictions = predict(model, prepared.inputs(rows.TEST))
    validation = predict(model, prepared.inputs(rows.VALIDATION))
    threshold = _threshold(spec, prepared.targets(rows.VALIDATION), validation)
    np.savez(
        folder / FILE,
        allow_pickle=False,
        predictions=predictions,
        truth=prepared.targets(rows.TEST),
        train=prepared.targets(rows.TRAIN),
    )
    ours, base = judged(spec, prepared.schema, folder, threshold)
    names = spec.evaluate.metrics or default_metrics(spec.task)
    values = score(ours, names)
    between = intervals(ours, names, spec.data.split.seed)
    metrics = {
        name: Estimate(value=value, low=between[name].low, high=between[name].high, rows=ours.rows)
        for name, value in values.items()
    }
    baseline = score_defined(base, names)
    found: dict[str, Any] = {
        "files": digest_bytes((folder / FILE).read_bytes()),
        "metrics": {name: estimate.model_dump() for name, estimate in metrics.items()},
        "threshold": threshold,
        "predictions": plain(
            prediction_bins(prepared.schema.classes, np.concatenate([validation, predictions]))
        ),
    }
    return EvaluateRecord(
        output=digest(found),
        metrics=metrics,
        baseline=baseline,
        threshold=threshold,
        predictions=found["predictions"],
    )


def judged(
    spec: ModelSpec, schema: Schema, folder: Path, threshold: float | None
) -> tuple[Predicted, Predicted]:
    """What the model and the baseline say about the test rows, from the files of this step."""
    from modelspec.evaluation.baseline import baseline
    from modelspec.evaluation.predicted import Predicted

    with np.load(folder / FILE, allow_pickle=False) as stored:
        truth, train, predictions = stored["truth"], stored["train"], stored["predictions"]
    classes = schema.classes
    model = Predicted.of(spec.task, classes, truth, predictions, threshold)
    return model, baseline(spec.task, classes, train, truth)


def _threshold(
    spec: ModelSpec, truth: NDArray[Any], predictions: NDArray[np.float32]
) -> float | None:
    from modelspec.evaluation.threshold import best_threshold

    if spec.task != "binary_classification":
        return None
    wanted = spec.evaluate.threshold
    if isinstance(wanted, float):
        return wanted
    return best_threshold(truth, predictions, wanted.maximize)


def summary(record: EvaluateRecord) -> str:
    """The metrics, with their intervals."""
    shown = [
        f"{name} {number(e.value)} ({number(e.low)} to {number(e.high)})"
        for name, e in record.metrics.items()
    ]
    return ", ".join(shown)
