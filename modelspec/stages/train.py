"""Fit the network that the spec describes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.plan.digest import digest_bytes
from modelspec.plan.records import TrainRecord
from modelspec.spec.metrics import METRICS

if TYPE_CHECKING:
    from modelspec.plan.plan import Plan, Step
    from modelspec.stages.rows import Prepared
    from modelspec.stages.world import Done, World
    from modelspec.training.fit import Monitored


def run(step: Step, plan: Plan, done: Done, world: World, folder: Path) -> TrainRecord:
    """Fit and save the weights.

    Raises:
        ModelRejected: if a loss or weight stops being a finite number.
    """
    from modelspec.stages import rows
    from modelspec.training import fit, network, runtime, weights

    spec = plan.spec
    prepared = rows.prepared(done)

    def tell(epoch: int, loss: float, validation_loss: float) -> None:
        text = f"epoch {epoch}, loss {loss:.4g}, validation {validation_loss:.4g}"
        world.report.progress(step, text, epoch / spec.train.epochs)

    runtime.deterministic(spec.data.split.seed)
    model = network.build(spec.model, spec.task, prepared.schema, prepared.width)
    fitted = fit.fit(
        model,
        fit.Rows(prepared.inputs(rows.TRAIN), prepared.targets(rows.TRAIN)),
        fit.Rows(prepared.inputs(rows.VALIDATION), prepared.targets(rows.VALIDATION)),
        spec.train,
        spec.task,
        _monitored(plan, prepared),
        tell,
    )
    weights.save(model, folder)
    return TrainRecord(
        output=digest_bytes((folder / weights.FILE).read_bytes()),
        epochs=fitted.epochs,
        best_epoch=fitted.best_epoch,
        loss=fitted.loss,
        parameters=int(model.count_params()),
    )


def _monitored(plan: Plan, prepared: Prepared) -> Monitored:
    """What early stopping watches, as training takes it."""
    from modelspec.training.fit import Monitored

    name = plan.spec.train.early_stopping.metric
    if name == "loss":
        return Monitored()
    from modelspec.evaluation.metrics import score

    def on_validation(targets: Any, predictions: Any) -> float:
        return score(
            [name], plan.spec.task, targets, predictions, prepared.schema.classes, 0.5
        )[name]

    return Monitored(name, on_validation, METRICS[name].better == "greater")


def summary(record: TrainRecord) -> str:
    """How long it went on and how good it got."""
    return f"{record.epochs} epochs, best at {record.best_epoch}, loss {record.loss:.3g}"
