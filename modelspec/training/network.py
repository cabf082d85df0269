"""A `model:` section as a Keras model."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from modelspec.diagnostics import Diagnostic, InputError
from modelspec.spec.model import Task
from modelspec.spec.network import Linear, Mlp
from modelspec.training.runtime import keras

HEAD = "head"
"""The last dense layer: logits of a classification, the standardized target of a regression."""

# TFLite's and ONNX's files end at 2 GB, 4 bytes a parameter; a little is left for the graph.
MAX_PARAMETERS = 500_000_000


def build(
    network: Linear | Mlp,
    width: int,
    task: Task,
    classes: int,
    target_mean: float = 0.0,
    target_scale: float = 1.0,
    seed: int = 0,
) -> keras.Model:
    """The network with its first weights, a function of the arguments alone.

    Args:
        network: hidden layers, if any.
        width: columns of the preprocessed matrix.
        task: decides the last layer.
        classes: how many there are; read for a multiclass classification only.
        target_mean: regression only: the answer is z * target_scale + target_mean.
        target_scale: see `target_mean`.
        seed: of the first weights (Glorot uniform, Glorot and Bengio 2010) and the dropout.

    Returns:
        A model from `inputs`, float32 (batch, width), to `outputs`, float32 (batch, units):
        the probability of the positive class, probabilities of all classes, or the target.

    Raises:
        InputError: the network is too large for the formats that it is exported to.
    """
    layers = network.layers if isinstance(network, Mlp) else ()
    units = classes if task == "multiclass_classification" else 1
    _refuse_too_large((width, *layers, units))
    states = np.random.SeedSequence(seed).generate_state(2 * len(layers) + 1)
    seeds = iter([int(state) for state in states])
    x = inputs = keras.Input((width,), name="inputs", dtype="float32")
    for number, size in enumerate(layers, start=1):
        x = _dense(size, f"hidden_{number}", next(seeds), activation="relu")(x)
        dropout = network.dropout if isinstance(network, Mlp) else 0.0
        x = keras.layers.Dropout(dropout, seed=next(seeds), name=f"dropout_{number}")(x)
    head = _dense(units, HEAD, next(seeds))(x)
    return keras.Model(inputs, _outputs(task, target_mean, target_scale)(head), name="network")


def _dense(units: int, name: str, seed: int, activation: str | None = None) -> keras.layers.Dense:
    first = keras.initializers.GlorotUniform(seed)
    return keras.layers.Dense(units, activation, kernel_initializer=first, name=name)


def _outputs(task: Task, mean: float, scale: float) -> keras.layers.Layer:
    if task == "regression":
        return keras.layers.Rescaling(scale, mean, name="outputs")
    activation = "sigmoid" if task == "binary_classification" else "softmax"
    return keras.layers.Activation(activation, name="outputs")


def _refuse_too_large(sizes: tuple[int, ...]) -> None:
    parameters = sum((a + 1) * b for a, b in pairwise(sizes))
    if parameters > MAX_PARAMETERS:
        raise InputError(
            Diagnostic(
                f"the network has {parameters:,} parameters; "
                f"{MAX_PARAMETERS:,} is the most that can be exported",
                hint="use fewer or smaller layers in model.layers",
            )
        )
