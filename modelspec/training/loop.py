"""One pass over the rows: many steps in one graph, so that small data is not all overhead.

`keras.Model.fit` needs about 2 ms a step for its own book-keeping. A step of a small network
takes a tenth of that, so the loop over batches is part of the graph here; for large networks
both are equally fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelspec.spec.model import Task
from modelspec.training.network import HEAD
from modelspec.training.runtime import keras, tf

# Python sees signals and a loss that is not finite only between two calls of a graph.
_STEPS_A_CALL = 128
_ROWS_A_CALL = 8192

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Preprocessed rows of one side.

    Attributes:
        inputs: float32 (n, width).
        targets: (n,): class indices, or the target of a regression in its own units.
    """

    inputs: Floats
    targets: NDArray[Any]

    def __len__(self) -> int:
        return len(self.inputs)


def row_losses(task: Task, raw: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """The loss of each row, (n,), from the head's output (n, units): stable for large logits."""
    if task == "multiclass_classification":
        return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, raw)
    if task == "binary_classification":
        return tf.nn.sigmoid_cross_entropy_with_logits(targets, raw[:, 0])
    return tf.square(raw[:, 0] - targets)


def prepared(task: Task, model: keras.Model, targets: NDArray[Any]) -> NDArray[Any]:
    """Targets as `row_losses` takes them: a regression's are standardized, in float64 first."""
    if task == "multiclass_classification":
        return targets.astype(np.int32)
    if task == "binary_classification":
        return targets.astype(np.float32)
    outputs = model.get_layer("outputs")
    standardized = (targets.astype(np.float64) - float(outputs.offset)) / float(outputs.scale)
    return standardized.astype(np.float32)


class Loop:
    """Trains a model in place.

    Args:
        model: as `network.build` makes it.
        row_weights: float32 (n,), the weight of each training row's loss.
    """

    def __init__(
        self, model: keras.Model, task: Task, train: Rows, validation: Rows, row_weights: Floats,
        *, batch_size: int, learning_rate: float,
    ) -> None:  # fmt: skip
        self._batch_size = batch_size
        self._rows = len(train)
        raw_model = keras.Model(model.inputs, model.get_layer(HEAD).output)
        variables = model.trainable_variables
        optimizer = keras.optimizers.Adam(learning_rate)
        optimizer.build(variables)
        inputs, weights = tf.constant(train.inputs), tf.constant(row_weights)
        targets = tf.constant(prepared(task, model, train.targets))

        def step(rows: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                raw = raw_model(tf.gather(inputs, rows), training=True)
                losses = row_losses(task, raw, tf.gather(targets, rows))
                losses = losses * tf.gather(weights, rows)
                loss = tf.reduce_mean(losses)
            optimizer.apply(tape.gradient(loss, variables), variables)
            return tf.reduce_sum(losses)

        def steps(order: tf.Tensor) -> tf.Tensor:
            total = tf.constant(0.0)
            for start in tf.range(0, tf.size(order), batch_size):
                total += step(order[start : start + batch_size])
            return total

        self._steps = tf.function(steps, input_signature=[tf.TensorSpec([None], tf.int32)])
        self._validation = _Validation(model, raw_model, task, validation)

    def epoch(self, order: NDArray[np.int32]) -> float:
        """Train once on every row, in this order; the mean loss, or the first not finite one."""
        total = 0.0
        size = self._batch_size * _STEPS_A_CALL
        for start in range(0, self._rows, size):
            total += float(self._steps(order[start : start + size]))
            if not np.isfinite(total):
                break
        return total / self._rows

    def validate(self) -> tuple[float, Floats]:
        """The mean loss on the validation rows, unweighted, and the predictions (n, units)."""
        return self._validation()


class _Validation:
    def __init__(self, model: keras.Model, raw_model: keras.Model, task: Task, rows: Rows) -> None:
        self._inputs = rows.inputs
        self._targets = prepared(task, model, rows.targets)
        finish = model.get_layer("outputs")

        def evaluate(inputs: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            raw = raw_model(inputs, training=False)
            return row_losses(task, raw, targets), finish(raw)

        self._evaluate = tf.function(evaluate, reduce_retracing=True)

    def __call__(self) -> tuple[float, Floats]:
        parts = []
        for start in range(0, len(self._inputs), _ROWS_A_CALL):
            part = slice(start, start + _ROWS_A_CALL)
            losses, predictions = self._evaluate(
                tf.constant(self._inputs[part]), tf.constant(self._targets[part])
            )
            parts.append((losses.numpy(), predictions.numpy()))
        # Summed here and not in the graph, whose order depends on the number of cores: the
        # best epoch must not.
        mean = float(np.mean(np.concatenate([losses for losses, _ in parts]), dtype=np.float64))
        return mean, np.concatenate([predictions for _, predictions in parts])
