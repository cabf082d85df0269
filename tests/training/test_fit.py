from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from modelspec.diagnostics import InputError, ModelRejected
from modelspec.spec.network import Linear, Mlp
from modelspec.spec.training import EarlyStopping, Train
from modelspec.training.fit import Progress, Score, fit
from modelspec.training.loop import Rows
from modelspec.training.network import build
from modelspec.training.predict import predict
from modelspec.training.weights import digest
from tests.training.conftest import Trained, breast_cancer, divide, train_breast_cancer

if TYPE_CHECKING:
    from modelspec.spec.model import Task
    from modelspec.training.loop import Floats

BINARY: Task = "binary_classification"


def small(seed: int = 0) -> Any:
    return build(Mlp(type="mlp", layers=(8,)), 30, BINARY, 2, seed=seed)


def test_breast_cancer_is_told_apart_on_rows_never_seen(trained: Trained) -> None:
    assert roc_auc_score(trained.test.targets, trained.expected[:, 0]) >= 0.97


def test_wine_reaches_its_accuracy_and_probabilities_sum_to_one() -> None:
    train, validation, test = divide(*load_wine(return_X_y=True))
    model = build(Mlp(type="mlp"), 13, "multiclass_classification", 3, seed=1)
    fit(model, train, validation, Train(epochs=60), "multiclass_classification", 1)
    answers = predict(model, test.inputs)
    assert answers.dtype == np.float32
    assert answers.shape == (len(test), 3)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-6)
    assert accuracy_score(test.targets, answers.argmax(axis=1)) >= 0.95


def test_a_linear_regression_comes_to_the_least_squares_answer_in_units_of_the_target() -> None:
    train, validation, test = divide(*load_diabetes(return_X_y=True))
    mean, scale = float(train.targets.mean()), float(train.targets.std())
    model = build(Linear(type="linear"), 10, "regression", 0, mean, scale, seed=1)
    settings = Train(epochs=300, learning_rate=0.01, early_stopping=EarlyStopping(patience=300))
    fit(model, train, validation, settings, "regression", 1)
    exact = LinearRegression().fit(train.inputs, train.targets).predict(test.inputs)
    answers = predict(model, test.inputs)[:, 0]
    assert np.sqrt(np.mean((answers - exact) ** 2)) < 0.15 * scale
    assert np.sqrt(np.mean((answers - test.targets) ** 2)) < 60


def test_the_model_ends_with_the_weights_of_its_best_epoch(trained: Trained) -> None:
    fitted = trained.fitted
    losses = [progress.val_loss for progress in fitted.history]
    assert fitted.best_epoch == int(np.argmin(losses)) + 1 < fitted.epochs == len(losses)
    answers = predict(trained.model, trained.validation.inputs)[:, 0].astype(float)
    assert fitted.loss == min(losses)
    assert log_loss(trained.validation.targets, answers) == pytest.approx(fitted.loss, rel=1e-5)


def test_training_stops_when_patience_is_used_up() -> None:
    train, validation, _ = breast_cancer()
    told: list[Progress] = []
    settings = Train(epochs=400, learning_rate=0.01, early_stopping=EarlyStopping(patience=3))
    fitted = fit(small(), train, validation, settings, BINARY, 1, on_epoch=told.append)
    assert fitted.epochs == fitted.best_epoch + 3 < 400
    assert [progress.epoch for progress in told] == list(range(1, fitted.epochs + 1))
    assert told[0].loss > told[-1].loss
    assert tuple(told) == fitted.history


@pytest.mark.parametrize(("greater_is_better", "best", "epochs"), [(True, 2, 4), (False, 5, 7)])
def test_early_stopping_watches_a_score_in_its_direction(
    greater_is_better: bool, best: int, epochs: int
) -> None:
    train, validation, _ = breast_cancer()
    values = iter([0.5, 0.7, 0.45, 0.4, 0.3, 0.35, 0.45, 0.5])

    def scripted(targets: np.ndarray, predictions: Floats) -> float:
        assert targets.shape == (len(validation),)
        assert predictions.shape == (len(validation), 1)
        return next(values)

    settings = Train(early_stopping=EarlyStopping(metric="roc_auc", patience=2))
    score = Score("roc_auc", scripted, greater_is_better)
    fitted = fit(small(), train, validation, settings, BINARY, 1, score)
    assert (fitted.best_epoch, fitted.epochs) == (best, epochs)


def test_training_again_gives_the_same_bits_and_another_seed_gives_others(
    trained: Trained,
) -> None:
    again = train_breast_cancer()
    assert digest(again.model) == digest(trained.model)
    assert again.fitted == trained.fitted
    assert digest(small(1)) != digest(small(2))


def test_balanced_weights_help_the_rare_class() -> None:
    random = np.random.default_rng(0)
    targets = (random.random(600) < 0.05).astype(np.int64)
    inputs = random.normal(size=(600, 2)).astype(np.float32) + targets[:, None]
    rows = Rows(inputs, targets)
    means = []
    policies: tuple[Literal["balanced"] | None, ...] = (None, "balanced")
    for class_weight in policies:
        model = build(Linear(type="linear"), 2, BINARY, 2, seed=1)
        settings = Train(epochs=30, learning_rate=0.02, class_weight=class_weight)
        fit(model, rows, rows, settings, BINARY, 1)
        means.append(float(predict(model, inputs[targets == 1]).mean()))
    assert means[1] > means[0] + 0.2


def test_a_learning_rate_that_is_far_too_high_is_refused_and_says_what_to_lower() -> None:
    train, validation, _ = divide(*load_diabetes(return_X_y=True))
    model = build(Mlp(type="mlp", layers=(64,) * 32), 10, "regression", 0, 150.0, 77.0)
    settings = Train(learning_rate=10)
    with pytest.raises(ModelRejected, match="diverged: the training loss became") as caught:
        fit(model, train, validation, settings, "regression", 1)
    assert "lower train.learning_rate, for example from 10 to 1" in str(caught.value)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_row_that_is_not_finite_is_refused_before_training(value: float) -> None:
    train, validation, _ = breast_cancer()
    broken = train.inputs.copy()
    broken[7, 3] = value
    with pytest.raises(ModelRejected, match=r"1 of 398 training rows .* row 8"):
        fit(small(), Rows(broken, train.targets), validation, Train(), BINARY, 1)


def test_a_side_without_rows_is_refused() -> None:
    train, _, _ = breast_cancer()
    empty = Rows(train.inputs[:0], train.targets[:0])
    with pytest.raises(ModelRejected, match="no training rows"):
        fit(small(), empty, train, Train(), BINARY, 1)
    with pytest.raises(ModelRejected, match="no validation rows"):
        fit(small(), train, empty, Train(), BINARY, 1)


def test_a_score_that_is_nan_is_refused() -> None:
    train, validation, _ = breast_cancer()
    score = Score("roc_auc", lambda *_: math.nan, greater_is_better=True)
    with pytest.raises(ModelRejected, match="roc_auc on the 57 validation rows is nan"):
        fit(small(), train, validation, Train(), BINARY, 1, score)


def test_answers_that_are_not_finite_are_refused() -> None:
    model = build(Linear(type="linear"), 1, "regression", 0, 0.0, 3e38, seed=1)
    with pytest.raises(ModelRejected, match="answer to row 2 is infinite or NaN"):
        predict(model, np.array([[0.0], [1e30]], np.float32))


def test_a_network_that_no_format_can_hold_is_refused_before_it_is_made() -> None:
    wide = Mlp(type="mlp", layers=(65536, 65536))
    with pytest.raises(InputError, match=r"4,295,\d\d\d,\d\d\d parameters"):
        build(wide, 3, BINARY, 2)
