"""Fits a network: Adam on mini-batches, early stopping, and the weights of the best epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelspec.diagnostics import Diagnostic, ModelRejected
from modelspec.spec.model import Task
from modelspec.spec.training import Train
from modelspec.training.loop import Floats, Loop, Rows
from modelspec.training.runtime import keras


@dataclass(frozen=True, slots=True)
class Score:
    """What early stopping watches instead of the loss.

    Attributes:
        name: of the metric, for messages.
        function: from targets (n,) and predictions float32 (n, units) to the metric.
        greater_is_better: the direction.
    """

    name: str
    function: Callable[[NDArray[Any], Floats], float]
    greater_is_better: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How one epoch (counted from 1) came out.

    Attributes:
        epochs: how many there are at most.
        loss: mean over the training rows, weighted as trained, dropout included.
        val_loss: mean over the validation rows, unweighted. Losses are cross-entropies in nats,
            or the squared error of the standardized target.
        score: the watched metric on the validation rows, if it is not the loss.
    """

    epoch: int
    epochs: int
    loss: float
    val_loss: float
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a training came to; `loss` is the validation loss of the best epoch."""

    epochs: int
    best_epoch: int
    loss: float
    history: tuple[Progress, ...]


def fit(
    model: keras.Model,
    train: Rows,
    validation: Rows,
    settings: Train,
    task: Task,
    seed: int,
    score: Score | None = None,
    on_epoch: Callable[[Progress], None] = lambda _: None,
) -> Fitted:
    """Train a model in place; it ends with the weights of its best epoch.

    Args:
        model: as `network.build` makes it.
        train: rows to learn from.
        validation: rows that decide which epoch is the best, and when to stop.
        settings: the `train:` section.
        task: decides the loss.
        seed: of the order of rows, which is drawn anew for each epoch.
        score: watched by early stopping; None: the validation loss.
        on_epoch: told after each epoch.

    Raises:
        ModelRejected: rows, loss, score or weights are not finite; the model is then of no use.
    """
    _check_rows(train, "training")
    _check_rows(validation, "validation")
    loop = Loop(
        model, task, train, validation, _row_weights(train, settings, task),
        batch_size=min(settings.batch_size, len(train)), learning_rate=settings.learning_rate,
    )  # fmt: skip
    shuffle = np.random.Generator(np.random.PCG64(seed))
    history: list[Progress] = []
    best, best_rank, weights = 0, math.inf, model.get_weights()
    for epoch in range(1, settings.epochs + 1):
        loss = loop.epoch(shuffle.permutation(len(train)).astype(np.int32))
        _check_loss(loss, "training", epoch, settings)
        val_loss, predictions = loop.validate()
        _check_loss(val_loss, "validation", epoch, settings)
        value = None if score is None else _scored(score, validation, predictions, epoch)
        history.append(Progress(epoch, settings.epochs, loss, val_loss, value))
        on_epoch(history[-1])
        rank = _rank(history[-1], score)
        if rank < best_rank:
            best, best_rank, weights = epoch, rank, model.get_weights()
            _check_weights(weights, epoch, settings)
        elif epoch - best >= settings.early_stopping.patience:
            break
    model.set_weights(weights)
    return Fitted(len(history), best, history[best - 1].val_loss, tuple(history))


def _rank(progress: Progress, score: Score | None) -> float:
    """Smaller is better, whatever is watched."""
    if score is None or progress.score is None:
        return progress.val_loss
    return -progress.score if score.greater_is_better else progress.score


def _row_weights(rows: Rows, settings: Train, task: Task) -> Floats:
    """`balanced`: n / (classes * rows of the class), as scikit-learn has it."""
    if settings.class_weight is None or task == "regression":
        return np.ones(len(rows), np.float32)
    _, index, counts = np.unique(rows.targets, return_inverse=True, return_counts=True)
    balanced = len(rows) / (len(counts) * counts)
    return balanced[index].astype(np.float32)


def _scored(score: Score, rows: Rows, predictions: Floats, epoch: int) -> float:
    value = float(score.function(rows.targets, predictions))
    if math.isfinite(value):
        return value
    raise ModelRejected(
        Diagnostic(
            f"{score.name} on the {len(rows)} validation rows is {value} after epoch {epoch}",
            hint="set train.early_stopping.metric to loss, or raise data.split.validation",
        )
    )


def _check_rows(rows: Rows, side: str) -> None:
    if not len(rows):
        raise ModelRejected(f"there are no {side} rows")
    wrong = ~np.isfinite(rows.inputs).all(axis=1) | ~np.isfinite(rows.targets)
    if wrong.any():
        raise ModelRejected(
            f"{int(wrong.sum())} of {len(rows)} {side} rows are not finite, "
            f"the first is row {int(np.argmax(wrong)) + 1} of them"
        )


def _check_loss(loss: float, side: str, epoch: int, settings: Train) -> None:
    if not math.isfinite(loss):
        raise _diverged(f"the {side} loss became {loss} in epoch {epoch}", settings)


def _check_weights(weights: list[NDArray[Any]], epoch: int, settings: Train) -> None:
    if not all(np.isfinite(array).all() for array in weights):
        raise _diverged(f"weights became infinite or NaN in epoch {epoch}", settings)


def _diverged(what: str, settings: Train) -> ModelRejected:
    rate = settings.learning_rate
    return ModelRejected(
        Diagnostic(
            f"training diverged: {what}",
            hint=f"lower train.learning_rate, for example from {rate:g} to {rate / 10:g}, "
            "and look for extreme values in the number columns",
        )
    )
