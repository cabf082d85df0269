from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import ModelRejected
from modelspec.evaluation.metrics import UndefinedMetric, measure
from modelspec.evaluation.predicted import Predicted
from modelspec.evaluation.threshold import best_threshold
from modelspec.spec.metrics import METRICS, metrics_of

NAMES = [n for n in metrics_of("binary_classification") if METRICS[n].from_labels]
ROWS = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1, width=32)), min_size=1, max_size=15)


def value(rows: list[tuple[int, float]], name: str, threshold: float) -> float:
    truth, scores = zip(*rows, strict=True)
    predicted = Predicted.of("binary_classification", ("no", "yes"), truth, scores, threshold)
    try:
        return measure(name, predicted)
    except UndefinedMetric:
        return -1.0


@given(ROWS, st.sampled_from(NAMES))
def test_no_other_threshold_is_better(rows: list[tuple[int, float]], name: str) -> None:
    truth, scores = zip(*rows, strict=True)
    try:
        found = best_threshold(truth, scores, name)
    except ModelRejected:
        assert all(value(rows, name, t) == -1 for t in np.linspace(0.001, 0.999, 50))
        return
    assert 0 < found < 1
    best = value(rows, name, found)
    tried = [score for score in scores if 0 < score < 1] + [0.5, 1e-9, 1 - 1e-9]
    assert all(value(rows, name, threshold) <= best + 1e-12 for threshold in tried)


def test_the_threshold_lies_in_the_middle_of_a_gap() -> None:
    assert best_threshold([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.9], "f1") == 0.25


def test_of_equally_good_thresholds_the_nearest_to_a_half_is_taken() -> None:
    assert best_threshold([0, 1], [0.1, 0.9], "f1") == 0.5
    assert best_threshold([0, 1], [[0.6], [0.9]], "accuracy") == 0.75


def test_a_metric_that_no_threshold_gives_a_value_is_refused() -> None:
    with pytest.raises(ModelRejected, match="no threshold gives recall a value"):
        best_threshold([0, 0], [0.1, 0.9], "recall")
