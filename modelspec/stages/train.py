"""Fit the network that the spec describes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.plan.records import TrainRecord
from modelspec.spec.metrics import METRICS

if TYPE_CHECKING:
    from modelspec.plan.plan import Plan, Step
    from modelspec.spec.model import ModelSpec
    from modelspec.stages.world import Done, World
    from modelspec.training.fit import Score


def run(step: Step, plan: Plan, done: Done, world: World, folder: Path) -> TrainRecord:
    """Fit and save the weights.

    Raises:
        ModelRejected: if a loss or weight stops being a finite number.
    """
    from modelspec.stages import rows
    from modelspec.training import fit, loop, weights

    spec = plan.spec
    prepared = rows.prepared(done)

    def tell(now: fit.Progress) -> None:
        text = f"epoch {now.epoch} of {now.epochs}, "
        text += f"loss {now.loss:.3g}, validation {now.val_loss:.3g}"
        world.report.progress(step, text, now.epoch / now.epochs)

    model = rows.network(spec, prepared)
    train, validation = (
        loop.Rows(prepared.inputs(side), prepared.targets(side))
        for side in (rows.TRAIN, rows.VALIDATION)
    )
    fitted = fit.fit(
        model,
        train,
        validation,
        spec.train,
        spec.task,
        spec.data.split.seed,
        _watched(spec, prepared.schema.classes),
        tell,
    )
    weights.save_weights(model, folder / rows.WEIGHTS)
    return TrainRecord(
        output=weights.digest(model),
        epochs=fitted.epochs,
        best_epoch=fitted.best_epoch,
        loss=fitted.loss,
        parameters=int(model.count_params()),
    )


def _watched(spec: ModelSpec, classes: tuple[str, ...]) -> Score | None:
    """What early stopping watches; None: the validation loss."""
    from modelspec.evaluation.metrics import score_defined
    from modelspec.evaluation.predicted import Predicted
    from modelspec.training.fit import Score

    name = spec.train.early_stopping.metric
    if name == "loss":
        return None

    def on_validation(targets: Any, predictions: Any) -> float:
        predicted = Predicted.of(spec.task, classes, targets, predictions)
        # In its first epochs a network may call no row positive: the worst, but no failure.
        return score_defined(predicted, [name]).get(name, 0.0)

    return Score(name, on_validation, METRICS[name].better == "greater")


def summary(record: TrainRecord) -> str:
    """How long it went on and how good it got."""
    return f"{record.epochs} epochs, best at {record.best_epoch}, loss {record.loss:.3g}"
