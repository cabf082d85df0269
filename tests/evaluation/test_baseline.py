from __future__ import annotations

import numpy as np

from modelspec.evaluation.baseline import baseline
from modelspec.evaluation.metrics import score, score_defined


def test_the_baseline_of_a_regression_is_the_mean_of_training_rows() -> None:
    found = baseline("regression", (), np.array([1.0, 2.0, 6.0]), np.array([3.0, 5.0]))
    assert found.scores.tolist() == [3.0, 3.0]
    assert score(found, ["mae"]) == {"mae": 1.0}


def test_the_baseline_of_classes_is_their_frequency_in_training_rows() -> None:
    found = baseline(
        "multiclass_classification", ("a", "b", "c"), np.array([0, 1, 1, 2]), np.array([1, 0])
    )
    assert found.scores.tolist() == [[0.25, 0.5, 0.25]] * 2
    assert score(found, ["accuracy"]) == {"accuracy": 0.5}


def test_the_binary_baseline_predicts_the_more_frequent_class() -> None:
    train, test = np.array([0, 0, 0, 1]), np.array([0, 1, 1])
    found = baseline("binary_classification", ("no", "yes"), train, test)
    assert found.scores.tolist() == [0.25] * 3
    assert score_defined(found, ["accuracy", "precision", "recall", "roc_auc"]) == {
        "accuracy": 1 / 3,
        "recall": 0.0,
        "roc_auc": 0.5,
    }
