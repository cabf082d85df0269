from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from modelspec.diagnostics import ModelRejected
from modelspec.evaluation.margins import Margins, from_margins
from modelspec.evaluation.metrics import UndefinedMetric, measure, score, score_defined
from modelspec.evaluation.predicted import Predicted
from modelspec.evaluation.resampled import from_scores
from modelspec.spec.metrics import METRICS, metrics_of
from modelspec.spec.model import Task

BINARY: Task = "binary_classification"
MULTI: Task = "multiclass_classification"
REGRESSION: Task = "regression"
SHARE = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]) | st.floats(0, 1)
NUMBER = st.floats(-1e6, 1e6)


@st.composite
def predictions(draw: st.DrawFn) -> Predicted:
    task: Task = draw(st.sampled_from([BINARY, MULTI, REGRESSION]))
    rows = draw(st.integers(1, 12))
    if task == REGRESSION:
        both = st.lists(NUMBER, min_size=rows, max_size=rows)
        return Predicted.of(task, (), draw(both), draw(both))
    count = 2 if task == BINARY else 3
    truth = draw(st.lists(st.integers(0, count - 1), min_size=rows, max_size=rows))
    if task == BINARY:
        given = draw(st.lists(SHARE, min_size=rows, max_size=rows))
        return Predicted.of(task, ("no", "yes"), truth, given, draw(st.floats(0.01, 0.99)))
    row = st.lists(st.floats(0.01, 1), min_size=3, max_size=3)
    given3 = np.array(draw(st.lists(row, min_size=rows, max_size=rows)))
    return Predicted.of(task, ("a", "b", "c"), truth, given3 / given3.sum(axis=1, keepdims=True))


def by_scikit_learn(name: str, p: Predicted) -> float:
    """The metric by a direct call; NaN where scikit-learn warns of an undefined one."""
    labels = list(range(len(p.classes)))
    kind, _, average = name.partition("_")
    counted = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
    direct = {
        "accuracy": lambda: sk.accuracy_score(p.truth, p.labels),
        "roc_auc": lambda: sk.roc_auc_score(p.truth, p.scores),
        "average_precision": lambda: sk.average_precision_score(p.truth, p.scores),
        "roc_auc_ovr": lambda: sk.roc_auc_score(p.truth, p.scores, multi_class="ovr"),
        "log_loss": lambda: sk.log_loss(p.truth, p.scores, labels=labels),
        "mse": lambda: sk.mean_squared_error(p.truth, p.scores),
        "rmse": lambda: sk.root_mean_squared_error(p.truth, p.scores),
        "mae": lambda: sk.mean_absolute_error(p.truth, p.scores),
        "r2": lambda: sk.r2_score(p.truth, p.scores),
    }
    if name in direct:
        return float(direct[name]())
    if not average:
        return float(counted[kind](p.truth, p.labels))
    return float(counted[kind](p.truth, p.labels, average=average, labels=labels))


@given(predictions())
def test_a_metric_is_what_scikit_learn_says_or_is_not_defined(predicted: Predicted) -> None:
    for name in metrics_of(predicted.task):
        try:
            value = measure(name, predicted)
        except UndefinedMetric:
            continue
        with warnings.catch_warnings():
            # What scikit-learn warns of, it has replaced by a number: that must not happen here.
            # Classes without rows have no weight in weighted averages, and are the exception.
            warnings.simplefilter("ignore" if name.endswith("weighted") else "error")
            expected = by_scikit_learn(name, predicted)
        assert np.isfinite(value), name
        assert value == expected, name


def fast(name: str, predicted: Predicted) -> float:
    """A metric of the rows as they are, by the formulas that resamples use."""
    if not METRICS[name].from_labels:
        times = np.ones((1, predicted.rows), np.int64)
        return float(from_scores(name, predicted)(times)[0])
    count = range(len(predicted.classes))
    truth = np.array([[(predicted.truth == n).sum() for n in count]], float)
    labels = np.array([[(predicted.labels == n).sum() for n in count]], float)
    hit = predicted.truth == predicted.labels
    hits = np.array([[(hit & (predicted.truth == n)).sum() for n in count]], float)
    return float(from_margins(name, Margins(hits, truth, labels))[0])


@given(predictions())
def test_the_fast_formulas_say_what_scikit_learn_says(predicted: Predicted) -> None:
    for name in metrics_of(predicted.task):
        found = fast(name, predicted)
        try:
            expected = measure(name, predicted)
        except UndefinedMetric:
            assert np.isnan(found), name
            continue
        # The spread of a target is computed in another order, which shows where it is tiny.
        if name != "r2" or np.ptp(predicted.truth) > 1e-3 * np.abs(predicted.truth).max():
            assert found == pytest.approx(expected, rel=1e-6, abs=1e-9), name


@pytest.mark.parametrize(
    ("name", "truth", "scores", "why"),
    [
        ("precision", [0, 1], [0.1, 0.2], "no row was predicted to be `yes`"),
        ("recall", [0, 0], [0.1, 0.9], "no row is of class `yes`"),
        ("f1", [0, 0], [0.1, 0.2], "no row is, or was predicted to be, `yes`"),
        ("roc_auc", [1, 1], [0.1, 0.9], "no row is of class `no`"),
        ("roc_auc", [0, 0], [0.1, 0.9], "no row is of class `yes`"),
        ("average_precision", [0, 0], [0.1, 0.9], "no row is of class `yes`"),
        ("precision_macro", [0, 1], [0.8, 0.9], "no row was predicted to be `no`"),
        ("precision_weighted", [0, 1], [0.8, 0.9], "no row was predicted to be `no`"),
        ("recall_macro", [1, 1], [0.8, 0.9], "no row is of class `no`"),
        ("accuracy", [], [], "there are no rows"),
    ],
)
def test_a_metric_that_is_not_defined_says_why_and_is_never_zero_or_nan(
    name: str, truth: list[int], scores: list[float], why: str
) -> None:
    predicted = Predicted.of(BINARY, ("no", "yes"), truth, scores)
    with pytest.raises(UndefinedMetric) as caught:
        measure(name, predicted)
    assert str(caught.value) == why
    with pytest.raises(ModelRejected, match=f"{name} is not defined: {why}"):
        score(predicted, [name])
    assert score_defined(predicted, [name]) == {}


def test_r2_of_a_constant_target_is_not_defined() -> None:
    predicted = Predicted.of(REGRESSION, (), [3.0, 3.0], [3.0, 4.0])
    with pytest.raises(UndefinedMetric, match="the target is the same in every row"):
        measure("r2", predicted)


def test_every_metric_that_is_not_defined_is_reported_at_once() -> None:
    predicted = Predicted.of(BINARY, ("no", "yes"), [0, 0], [0.1, 0.2])
    with pytest.raises(ModelRejected) as caught:
        score(predicted, ["accuracy", "precision", "roc_auc"])
    assert [d.message.split()[0] for d in caught.value.diagnostics] == ["precision", "roc_auc"]


def test_zero_is_a_value_where_it_is_one() -> None:
    predicted = Predicted.of(BINARY, ("no", "yes"), [0, 1], [0.9, 0.1])
    assert score(predicted, ["precision", "recall", "f1"]) == {
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
    }


def test_a_metric_of_another_task_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        measure("rmse", Predicted.of(BINARY, ("no", "yes"), [0, 1], [0.1, 0.9]))


def test_a_probability_equal_to_the_threshold_is_positive() -> None:
    predicted = Predicted.of(BINARY, ("no", "yes"), [0, 1], np.array([[0.3], [0.29]]), 0.3)
    assert predicted.labels.tolist() == [1, 0]


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_predictions_that_are_not_finite_are_refused(wrong: float) -> None:
    with pytest.raises(ModelRejected, match="1 predictions are not finite"):
        Predicted.of(REGRESSION, (), [1.0, 2.0], [1.0, wrong])


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match="for 2 rows"):
        Predicted.of(BINARY, ("no", "yes"), [0, 1], np.zeros((2, 2)))


def test_float32_outputs_of_a_softmax_are_probabilities() -> None:
    random = np.random.default_rng(0)
    raw = random.random((500, 3)).astype(np.float32)
    outputs = raw / raw.sum(axis=1, keepdims=True)
    predicted = Predicted.of(MULTI, ("a", "b", "c"), random.integers(0, 3, 500), outputs)
    assert set(score(predicted, metrics_of(MULTI))) == set(metrics_of(MULTI))


@pytest.mark.parametrize("number", [0, 1, 2])
def test_one_class_against_the_rest_is_a_binary_question(number: int) -> None:
    random = np.random.default_rng(1)
    scores = random.random((60, 3))
    scores /= scores.sum(axis=1, keepdims=True)
    truth = random.integers(0, 3, 60)
    one = Predicted.of(MULTI, ("a", "b", "c"), truth, scores).one_against_rest(number)
    labels = scores.argmax(axis=1)
    assert measure("recall", one) == sk.recall_score(
        truth, labels, labels=[number], average="macro"
    )
    assert measure("precision", one) == (
        sk.precision_score(truth, labels, labels=[number], average="macro")
    )
    assert measure("roc_auc", one) == sk.roc_auc_score(truth == number, scores[:, number])


def test_the_negative_class_against_the_rest_is_the_mirror_image() -> None:
    predicted = Predicted.of(BINARY, ("no", "yes"), [0, 0, 1, 1], [0.1, 0.8, 0.7, 0.9], 0.75)
    negative = predicted.one_against_rest(0)
    assert measure("recall", negative) == 0.5
    assert measure("precision", negative) == 0.5
    assert measure("roc_auc", negative) == measure("roc_auc", predicted)
