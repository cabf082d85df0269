from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from modelspec.spec.network import Mlp
from modelspec.spec.training import Train

if TYPE_CHECKING:
    from modelspec.training.fit import Fitted
    from modelspec.training.loop import Floats, Rows
    from modelspec.training.runtime import keras

MLP = Mlp(type="mlp", layers=(64, 32), dropout=0.2)
SETTINGS = Train(epochs=40, class_weight="balanced")


def divide(inputs: Floats, targets: np.ndarray) -> tuple[Rows, Rows, Rows]:
    """Standardized rows, shuffled: 70 % to train, 10 % to validate, 20 % to test."""
    from modelspec.training.loop import Rows

    order = np.random.default_rng(3).permutation(len(inputs))
    first, second = int(0.7 * len(order)), int(0.8 * len(order))
    train = order[:first]
    standardized = (inputs - inputs[train].mean(0)) / inputs[train].std(0)
    sides = (train, order[first:second], order[second:])
    train_rows, validation_rows, test_rows = (
        Rows(standardized[side].astype(np.float32), targets[side]) for side in sides
    )
    return train_rows, validation_rows, test_rows


def breast_cancer() -> tuple[Rows, Rows, Rows]:
    inputs, targets = load_breast_cancer(return_X_y=True)
    return divide(inputs, targets)


@dataclass(frozen=True)
class Trained:
    model: keras.Model
    fitted: Fitted
    train: Rows
    validation: Rows
    test: Rows
    expected: Floats


def train_breast_cancer() -> Trained:
    from modelspec.training.fit import fit
    from modelspec.training.network import build
    from modelspec.training.predict import predict

    train, validation, test = breast_cancer()
    model = build(MLP, 30, "binary_classification", 2, seed=42)
    fitted = fit(model, train, validation, SETTINGS, "binary_classification", 42)
    return Trained(model, fitted, train, validation, test, predict(model, test.inputs))


@pytest.fixture(scope="session")
def trained() -> Trained:
    return train_breast_cancer()
