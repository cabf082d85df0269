"""From the `model` section to a Keras model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelspec.training.runtime import keras

if TYPE_CHECKING:
    from modelspec.plan.records import Schema
    from modelspec.spec.model import Task
    from modelspec.spec.network import Network


def build(network: Network, task: Task, schema: Schema, width: int) -> keras.Model:
    """An untrained network.

    Args:
        network: its shape.
        task: chooses the output: sigmoid (batch, 1), softmax (batch, classes), or for
            regression (batch, 1) in units of the target.
        schema: classes, and mean and scale of a regression target.
        width: columns of the preprocessed float32 input (batch, width), named `inputs`.
    """
    inputs = keras.Input((width,), name="inputs", dtype="float32")
    x = inputs
    if network.type == "mlp":
        for units in network.layers:
            x = keras.layers.Dense(units, activation="relu")(x)
            if network.dropout:
                x = keras.layers.Dropout(network.dropout)(x)
    if task == "regression":
        x = keras.layers.Dense(1)(x)
        # The network works on a standardized target; its answers are in the target's units.
        outputs = keras.layers.Rescaling(schema.target_scale, schema.target_mean)(x)
    elif task == "binary_classification":
        outputs = keras.layers.Dense(1, activation="sigmoid")(x)
    else:
        outputs = keras.layers.Dense(len(schema.classes), activation="softmax")(x)
    return keras.Model(inputs, outputs)
