"""Fit a network: seeded, stopped early, with the weights of its best epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelspec.diagnostics import Diagnostic, ModelRejected
from modelspec.training.runtime import keras

if TYPE_CHECKING:
    from modelspec.spec.model import Task
    from modelspec.spec.training import Train

LOSSES = {
    "binary_classification": "binary_crossentropy",
    "multiclass_classification": "sparse_categorical_crossentropy",
    "regression": "mean_squared_error",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Preprocessed inputs, float32 (n, width), and targets (n,): class index or number."""

    inputs: NDArray[np.float32]
    targets: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Monitored:
    """What early stopping watches on the validation rows.

    `score` takes targets (n,) and predictions (n, units); None: the loss.
    """

    name: str = "loss"
    score: Callable[[NDArray[Any], NDArray[np.float32]], float] | None = None
    greater_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Fitted:
    """How a fit went; epochs count from 1, `loss` is the validation loss of the best."""

    epochs: int
    best_epoch: int
    loss: float


def fit(
    model: keras.Model,
    train: Rows,
    validation: Rows,
    settings: Train,
    task: Task,
    monitored: Monitored,
    on_epoch: Callable[[int, float, float], None],
) -> Fitted:
    """Fit a model in place; it ends with the weights of its best epoch.

    Args:
        model: from `network.build`.
        train: rows to learn from.
        validation: rows that early stopping watches.
        settings: the `train` section.
        task: chooses the loss.
        monitored: what decides which epoch is best.
        on_epoch: is told the epoch (from 1), the training and the validation loss.

    Raises:
        ModelRejected: if a loss, a score or a weight stops being a finite number.
    """
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss=LOSSES[task],
        jit_compile=False,
    )
    watch = _Watch(validation, monitored, settings.early_stopping.patience, on_epoch)
    model.fit(
        train.inputs,
        train.targets.astype(np.float32 if task == "regression" else np.int32),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        validation_data=(
            validation.inputs,
            validation.targets.astype(np.float32 if task == "regression" else np.int32),
        ),
        validation_batch_size=max(settings.batch_size, 1024),
        class_weight=_balanced(train.targets) if settings.class_weight else None,
        callbacks=[watch],
        verbose=0,
    )
    model.set_weights(watch.best_weights)
    require_finite(model)
    return Fitted(watch.epochs, watch.best_epoch, watch.best_loss)


class _Watch(keras.callbacks.Callback):  # type: ignore[misc]  # keras is untyped
    """Stops on numbers that are not finite, and when nothing gets better."""

    def __init__(
        self,
        validation: Rows,
        monitored: Monitored,
        patience: int,
        on_epoch: Callable[[int, float, float], None],
    ) -> None:
        super().__init__()
        self._validation, self._monitored, self._patience = validation, monitored, patience
        self._on_epoch = on_epoch
        self.epochs = self.best_epoch = 0
        self.best_loss = self._best = float("inf")
        self.best_weights: list[NDArray[Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = logs or {}
        loss, validation_loss = float(logs["loss"]), float(logs["val_loss"])
        self.epochs = epoch + 1
        value = validation_loss
        if self._monitored.score is not None:
            predictions = predict(self.model, self._validation.inputs)
            value = self._monitored.score(self._validation.targets, predictions)
        if not np.isfinite((loss, validation_loss, value)).all():
            raise _not_finite(f"{self._monitored.name} of epoch {self.epochs}")
        self._on_epoch(self.epochs, loss, validation_loss)
        value = -value if self._monitored.greater_is_better else value
        if value < self._best:
            self._best, self.best_loss, self.best_epoch = value, validation_loss, self.epochs
            self.best_weights = self.model.get_weights()
        elif self.epochs - self.best_epoch >= self._patience:
            self.model.stop_training = True


def predict(model: keras.Model, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Answers for preprocessed rows: float32 (n, width) to float32 (n, units)."""
    parts = [
        np.asarray(model(inputs[at : at + 4096], training=False))
        for at in range(0, len(inputs), 4096)
    ]
    return np.concatenate(parts).astype(np.float32)


def require_finite(model: keras.Model) -> None:
    """Refuse a model with a weight that is not a finite number.

    Raises:
        ModelRejected: if there is one.
    """
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        raise _not_finite("a weight")


def _not_finite(what: str) -> ModelRejected:
    return ModelRejected(
        Diagnostic(
            f"training failed: {what} is not a finite number",
            hint="lower train.learning_rate; look for extreme values among the features",
        )
    )


def _balanced(targets: NDArray[Any]) -> dict[int, float]:
    """n / (classes * count), as scikit-learn's `compute_class_weight("balanced")`."""
    classes, counts = np.unique(targets, return_counts=True)
    return {
        int(c): len(targets) / (len(classes) * int(n))
        for c, n in zip(classes, counts, strict=True)
    }
