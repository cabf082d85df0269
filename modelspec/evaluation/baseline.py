"""What a model that ignores its inputs would reach: the least that is worth releasing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.dummy import DummyClassifier, DummyRegressor

from modelspec.evaluation.predicted import Predicted
from modelspec.spec.model import Task


def baseline(task: Task, classes: tuple[str, ...], train: ArrayLike, test: ArrayLike) -> Predicted:
    """Class frequencies of the training rows, or their mean, as predictions for the test rows.

    Args:
        task: what is predicted.
        classes: their names; none for regression.
        train: the target of the training rows, shape (rows,).
        test: the target of the test rows, shape (rows,).
    """
    known, judged = np.asarray(train), np.asarray(test)
    # Its inputs are ignored, and still checked for their shape.
    inputs, others = np.zeros((known.size, 1)), np.zeros((judged.size, 1))
    if task == "regression":
        model = DummyRegressor(strategy="mean").fit(inputs, known)
        return Predicted.of(task, classes, judged, model.predict(others))
    model = DummyClassifier(strategy="prior").fit(inputs, known)
    scores = np.zeros((judged.size, len(classes)))
    scores[:, model.classes_] = model.predict_proba(others)
    if task == "binary_classification":
        scores = scores[:, 1]
    return Predicted.of(task, classes, judged, scores)
