from __future__ import annotations

import numpy as np
import pytest

from tests.data.tables import GOOD, HEAD, hints, make, refused, rows


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (("0", "1"), ("0", "1")),
        (("true", "false"), ("false", "true")),
        (("No", "Yes"), ("No", "Yes")),
    ],
)
def test_the_positive_class_of_telling_labels_is_known(
    labels: tuple[str, str], classes: tuple[str, str]
) -> None:
    content = HEAD + "".join(f"{i},a,{labels[i % 2]}\n" for i in range(200))
    dataset = make(content)
    assert dataset.schema.classes == classes
    assert [classes[t] for t in dataset.target] == [labels[i % 2] for i in range(200)]


def test_the_positive_class_of_other_labels_must_be_given() -> None:
    content = GOOD.replace("yes", "up").replace("no", "down")
    assert refused(content) == [
        "model.yaml:7:11: which class of `y` is the positive one, `down` or `up`?"
    ]
    assert hints(content)[0].startswith('write target: {column: y, positive: "up"}')
    dataset = make(content, target="{column: y, positive: down}")
    assert dataset.schema.classes == ("up", "down")
    assert dataset.target[0] == 1


def test_a_positive_class_that_no_row_has_is_refused() -> None:
    assert refused(GOOD, target="{column: y, positive: ja}") == [
        "model.yaml:7:33: no row of `y` is `ja`; its classes are `no`, `yes`"
    ]


def test_a_target_with_one_class_is_refused() -> None:
    assert refused(GOOD.replace("yes", "no")) == [
        (
            "model.yaml:7:11: the target `y` has one class, `no` (200 rows): "
            "there is nothing to tell apart"
        )
    ]


def test_the_number_of_classes_must_fit_the_task() -> None:
    assert refused(GOOD + "1,a,maybe\n") == [
        (
            "model.yaml:7:11: the target `y` has 3 classes, and binary classification needs two: "
            "`maybe` (1 row), `no` (100 rows), `yes` (100 rows)"
        )
    ]
    assert hints(GOOD, task="multiclass_classification") == ["write task: binary_classification"]


def test_classes_of_many_are_sorted_texts() -> None:
    content = HEAD + "".join(f"{i},a,{(10, 9, 2)[i % 3]}\n" for i in range(300))
    dataset = make(content, task="multiclass_classification")
    assert dataset.schema.classes == ("10", "2", "9")


def test_numbers_that_were_meant_for_regression_are_no_classes() -> None:
    content = HEAD + "".join(f"{i},a,{i}.25\n" for i in range(1200))
    assert hints(content, task="multiclass_classification") == [
        "write task: regression, if they are numbers"
    ]


def test_an_empty_target_is_refused_with_its_line() -> None:
    assert refused(GOOD + "1,a,\n") == ["x.csv:202:5: the target `y` is empty here"]


def test_a_target_of_regression_must_be_finite_numbers_that_differ() -> None:
    numbers = HEAD + "".join(f"{i},a,{i % 7}\n" for i in range(100))
    assert refused(numbers + "1,a,inf\n2,a,\n", task="regression") == [
        "x.csv:102:5: `y` is a number, and this cell holds `inf`",
        "x.csv:103:5: the target `y` is empty here",
    ]
    assert refused(HEAD + "1,a,5\n2,a,5.0\n" * 20, task="regression") == [
        "model.yaml:7:11: the target `y` is 5 in every row: there is nothing to learn"
    ]


def test_mean_and_scale_of_a_regression_target_are_those_of_training_rows() -> None:
    dataset = make(HEAD + "".join(f"{i},a,{i * i}\n" for i in range(200)), task="regression")
    train = dataset.rows(0).target
    assert dataset.schema.target_mean == pytest.approx(train.mean())
    assert dataset.schema.target_scale == pytest.approx(train.std())
    assert dataset.target.dtype == np.float64


def test_a_class_that_is_missing_from_a_side_is_refused_with_the_counts() -> None:
    (problem,) = refused(HEAD + rows().replace("yes", "no") + "1000,a,yes\n")
    train, validation, test = make(GOOD + "1000,a,yes\n").counts()
    counts = f"(train 1 of {train.rows}, validation 0 of {validation.rows}, test 0 of {test.rows})"
    assert problem == (f"model.yaml:5:1: no validation or test row is of class `yes` {counts}")


def test_a_side_without_rows_is_refused_with_the_counts() -> None:
    content = HEAD + "".join(f"{i},a,{i}\n" for i in range(30))
    data = "split: {test: 20%, validation: 0.0001%}"
    (problem,) = refused(content, data, task="regression")
    assert problem.startswith("model.yaml:8:10: no row is a validation row (train ")
