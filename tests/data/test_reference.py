"""Bins that training rows are spread over, and that hold whatever may come later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.data.reference import feature_bins, prediction_bins
from modelspec.data.schema import mean_and_scale
from modelspec.plan.records import Categorical, Numeric, Schema
from modelspec.serving.preprocess import Preprocessor
from modelspec.serving.reference import Bins, Reference, misfit


def of_numbers(cells: list[float], *, fill: float | None = None) -> Bins:
    """The bins of one number feature."""
    values = np.array(cells)
    mean, scale = mean_and_scale(np.where(np.isnan(values), fill or 0.0, values))
    schema = Schema(features=(Numeric(name="x", mean=mean, scale=scale, fill=fill),))
    return fitting(schema, feature_bins(schema, {"x": values}))["x"]


def of_texts(cells: Sequence[str | None], **feature: Any) -> Bins:
    """The bins of one category feature."""
    schema = Schema(features=(Categorical(name="c", **feature),))
    return fitting(schema, feature_bins(schema, {"c": np.array(cells, dtype=object)}))["c"]


def fitting(schema: Schema, bins: dict[str, Bins]) -> dict[str, Bins]:
    """The bins, once the runtime takes them."""
    features = Preprocessor([f.model_dump() for f in schema.features]).features
    assert misfit(Reference(bins, Bins(["a"], [1.0], cuts=[])), features, 1) == ""
    for found in bins.values():
        assert sum(found.shares) == pytest.approx(1)
    return bins


def shares(bins: Bins) -> dict[str, float]:
    return dict(zip(bins.labels, bins.shares, strict=True))


def test_numbers_are_in_ten_bins_of_equal_shares() -> None:
    bins = of_numbers([float(i) for i in range(1000)])
    assert bins.labels[:2] == ["(-Inf, 99]", "(99, 199]"]
    assert bins.labels[-1] == "(899, +Inf)"
    assert bins.shares == pytest.approx([0.1] * 10)


def test_few_rows_have_few_bins() -> None:
    assert len(of_numbers([float(i) for i in range(100)]).labels) == 4
    assert len(of_numbers([1.0, 2.0, 3.0]).labels) == 2
    assert len(of_texts(list("abcdefgh") * 13, values=tuple("abcdefgh")).labels) == 6


def test_missing_numbers_have_a_bin_of_their_own_and_do_not_move_the_others() -> None:
    bins = of_numbers([float(i) for i in range(900)] + [np.nan] * 100, fill=450.0)
    assert bins.labels[4] == "(359, 449]"
    assert shares(bins)["missing"] == pytest.approx(0.1)
    assert bins.shares[:-1] == pytest.approx([0.09] * 10)


def test_a_value_of_many_rows_has_a_bin_of_its_own() -> None:
    bins = of_numbers([0.0] * 500 + [float(i) for i in range(1, 501)])
    assert bins.labels[:3] == ["(-Inf, 0)", "[0]", "(0, 100]"]
    assert bins.shares[:3] == pytest.approx([0, 0.5, 0.1])


@pytest.mark.parametrize("value", [0.0, 7.25, -1e30, 3e-40])
def test_a_constant_column_has_a_bin_below_and_one_above(value: float) -> None:
    bins = of_numbers([value] * 600)
    assert bins.labels[1] == f"[{value}]".replace(".0]", "]")
    assert bins.shares == [0, 1, 0]
    assert bins.cuts is not None
    assert all(cut == 0 or abs(cut) > 1e-38 for cut in bins.cuts)


def test_numbers_that_are_one_in_float32_share_a_cut() -> None:
    bins = of_numbers([1e9 + 1e-6 * i for i in range(500)] + [0.0] * 500)
    assert bins.cuts is not None
    assert len(bins.cuts) < 9


def test_values_are_their_own_labels_and_unseen_ones_have_a_bin() -> None:
    bins = of_texts(["a"] * 300 + ["b"] * 100, values=("b", "never", "a"))
    assert shares(bins) == {"b": 0.25, "never": 0, "a": 0.75, "unseen": 0}


def test_rare_and_long_values_share_a_bin() -> None:
    names = [f"v{i:02}" for i in range(40)] + ["long" * 30]
    cells = [name for i, name in enumerate(names) for _ in range(50 + i)]
    bins = of_texts(cells, values=tuple(names))
    assert bins.labels == [*names[10:40], "other", "unseen"]
    assert bins.columns is not None
    assert bins.columns[:11] == [30] * 10 + [0]
    assert bins.columns[40] == 30


@pytest.mark.parametrize("missing", ["fill", "own_category"])
def test_missing_texts_are_counted_as_such_whatever_becomes_of_them(missing: str) -> None:
    fill = "a" if missing == "fill" else None
    bins = of_texts(["a"] * 300 + [None] * 100, values=("a", "b"), missing=missing, fill=fill)
    assert shares(bins) == {"a": 0.75, "b": 0, "unseen": 0, "missing": 0.25}


def test_values_that_are_called_like_other_bins_are_told_apart_from_them() -> None:
    bins = of_texts(["unseen", "missing"] * 200, values=("unseen", "missing", "unseen-"))
    assert bins.labels == ["unseen", "missing", "unseen-", "unseen--"]


def test_hashed_values_are_in_buckets_and_none_is_unseen() -> None:
    bins = of_texts(["a"] * 300 + ["c"] * 100, values=(), hash=3)
    assert bins.labels == ["bucket 0", "bucket 1", "bucket 2"]
    assert sorted(bins.shares) == [0, 0.25, 0.75]


def test_personal_features_have_no_bins() -> None:
    schema = Schema(
        features=(
            Numeric(name="salary", mean=0.0, scale=1.0, pii=True),
            Categorical(name="email", values=(), hash=8, pii=True),
            Numeric(name="x", mean=0.0, scale=1.0),
        )
    )
    columns: Any = {
        "salary": np.arange(100.0),
        "email": np.array(["a"] * 100, object),
        "x": np.arange(100.0),
    }
    assert list(fitting(schema, feature_bins(schema, columns))) == ["x"]


@given(st.lists(st.floats(-1e30, 1e30) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=300))
def test_any_numbers_are_in_bins_whose_cuts_ascend(cells: list[float]) -> None:
    of_numbers(cells)


def test_answers_of_one_number_are_in_bins_of_equal_shares() -> None:
    outputs = np.linspace(0, 1, 1000, dtype=np.float32)[:, None]
    bins = prediction_bins(("no", "yes"), outputs)
    assert bins.labels[0] == "(-Inf, 0.0990991]"
    assert bins.shares == pytest.approx([0.1] * 10, abs=0.002)


def test_answers_of_classes_are_counted_by_class() -> None:
    outputs = np.array([[0.2, 0.5, 0.3], [0.6, 0.2, 0.2], [0.1, 0.8, 0.1]] * 100, np.float32)
    bins = prediction_bins(("a", "b", "c"), outputs)
    assert shares(bins) == pytest.approx({"a": 1 / 3, "b": 2 / 3, "c": 0})
    assert misfit(Reference({}, bins), [], 3) == ""
