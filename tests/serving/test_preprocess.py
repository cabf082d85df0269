"""Raw cells to columns: the same bits in training and serving, and no cell let through."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.serving.preprocess import InvalidInstance, Preprocessor
from tests.serving.folders import CHURN, CHURN_ROW

Json = dict[str, Any]


def test_a_row_becomes_one_hot_columns_and_standardized_numbers() -> None:
    encoded = Preprocessor(CHURN).rows([CHURN_ROW])
    tenure, spend = np.float32((3.5 - 20.0) / 12.5), np.float32((60 - 55.5) / 3.3)
    expected = [[0, 1, 0, tenure, 1, 0, 0, spend, 0, 1]]
    assert encoded.dtype == np.float32
    assert encoded.tolist() == np.array(expected, np.float32).tolist()


def test_a_number_is_standardized_in_float64_and_rounded_once() -> None:
    mean, scale, x = 1e8 + 0.1, 3.0, 1e8 + 1.7
    encoded = Preprocessor([_number(mean=mean, scale=scale)]).rows([[x]])
    assert encoded[0, 0] == np.float32((x - mean) / scale)
    assert encoded[0, 0] != (np.float32(x) - np.float32(mean)) / np.float32(scale)


def test_a_named_row_may_come_in_any_order_and_leave_out_what_may_be_missing() -> None:
    preprocessor = Preprocessor(CHURN)
    named = preprocessor.rows([{"spend": 60, "plan": "pro", "channel": None}])
    listed = preprocessor.rows([["pro", None, None, 60, None]])
    assert named.tolist() == listed.tolist()
    assert named[0, 3] == np.float32((18.0 - 20.0) / 12.5), "tenure is filled"
    assert named[0, 6] == 1, "region has a column of its own for missing cells"
    assert named[0, 8] == 1, "channel is filled with web"


def test_a_value_that_is_not_listed_encodes_as_zeros() -> None:
    encoded = Preprocessor(CHURN).rows([["gold", 20, "east", 55.5, "fax"]])
    assert not encoded.any()


def test_a_fill_outside_of_the_bounds_is_taken_and_never_checked() -> None:
    preprocessor = Preprocessor([_number(fill=-1.0, min=0, max=9)])
    assert preprocessor.rows([[None], [0]])[0, 0] == -1.0
    with pytest.raises(InvalidInstance):
        preprocessor.rows([[-1.0]])


def test_a_column_that_training_fills_is_filled_like_a_request() -> None:
    preprocessor = Preprocessor(CHURN)
    columns = {
        "plan": np.array(["pro", "gold"], object),
        "tenure": np.array([np.nan, 7.0]),
        "region": np.array([None, "south"], object),
        "spend": np.array([1.0, 2.0]),
        "channel": np.array([None, "phone"], object),
    }
    rows = preprocessor.rows([["pro", None, None, 1, None], ["gold", 7, "south", 2, "phone"]])
    assert preprocessor.columns(columns).tobytes() == rows.tobytes()


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (True, "must be a number, not a boolean"),
        ("3", "must be a number, not a text"),
        ([], "must be a number, not a list"),
        ({}, "must be a number, not an object"),
        (math.nan, "must be a finite number"),
        (math.inf, "must be a finite number"),
        (-math.inf, "must be a finite number"),
        (10**400, "is too large or too small"),
        (1e300, "is too large or too small"),
        (-1e17, "is too large or too small"),
        (None, "is missing"),
    ],
)
@pytest.mark.parametrize("before", [[], [[1.0], [2]]], ids=["alone", "third"])
def test_a_cell_that_is_no_usable_number_is_refused(
    cell: Any, message: str, before: list[list[Any]]
) -> None:
    with pytest.raises(InvalidInstance) as caught:
        Preprocessor([_number()]).rows([*before, [cell]])
    assert (caught.value.index, caught.value.feature) == (len(before), "x")
    assert caught.value.message == message


@pytest.mark.parametrize("cell", [True, 1, 1.5, ["a"], {"a": 1}, None])
def test_a_cell_that_is_no_text_is_refused_for_a_category(cell: Any) -> None:
    with pytest.raises(InvalidInstance) as caught:
        Preprocessor([{"name": "c", "type": "category", "values": ["a"]}]).rows([["a"], [cell]])
    assert (caught.value.index, caught.value.feature) == (1, "c")


@pytest.mark.parametrize(
    ("bounds", "bad", "message"),
    [
        ({"min": 0}, -0.5, "must be at least 0"),
        ({"max": 10}, 11, "must be at most 10"),
        ({"min": 0, "max": 10}, 10.000001, "must be between 0 and 10"),
    ],
)
def test_a_number_out_of_range_is_refused_in_rows_and_columns(
    bounds: Json, bad: float, message: str
) -> None:
    preprocessor = Preprocessor([_number(**bounds)])
    good = next(iter(bounds.values()))
    assert preprocessor.rows([[good]]).shape == (1, 1)
    for rows in ([[bad]], [[good], [bad]]):
        with pytest.raises(InvalidInstance, match=message) as caught:
            preprocessor.rows(rows)
        assert caught.value.index == len(rows) - 1
        with pytest.raises(InvalidInstance, match=message):
            preprocessor.columns({"x": np.array([row[0] for row in rows])})


def test_rows_of_the_wrong_shape_are_refused() -> None:
    preprocessor = Preprocessor(CHURN)
    with pytest.raises(InvalidInstance, match="has 2 values where 5 are expected"):
        preprocessor.rows([CHURN_ROW, ["pro", 1]])
    with pytest.raises(InvalidInstance, match="is not a feature of the model") as caught:
        preprocessor.rows([{"plan": "pro", "spend": 1, "t" * 500: 1}])
    assert caught.value.feature == "t" * 64


def test_missing_cells_in_columns_are_refused_where_a_request_would_be() -> None:
    with pytest.raises(InvalidInstance) as caught:
        Preprocessor([_number()]).columns({"x": np.array([1.0, np.nan])})
    assert (caught.value.index, caught.value.message) == (1, "is missing")
    category = {"name": "c", "type": "category", "values": ["a"]}
    with pytest.raises(InvalidInstance) as caught:
        Preprocessor([category]).columns({"c": np.array(["b", None], object)})
    assert (caught.value.index, caught.value.message) == (1, "is missing")


@pytest.mark.parametrize(("text", "column"), [("gmail.com", 3144), ("", 692), ("Zürich", 1288)])
def test_a_hashed_text_is_in_the_same_column_for_ever(text: str, column: int) -> None:
    """The expected columns were computed with b2sum, which no change of ours can change."""
    preprocessor = Preprocessor([_category(values=[], hash=4096, missing="own_category")])
    assert preprocessor.width == 4097
    assert np.flatnonzero(preprocessor.rows([[text]])).tolist() == [column]
    assert np.flatnonzero(preprocessor.rows([[None]])).tolist() == [4096]


def test_a_hashed_cell_must_be_a_text_and_is_filled_where_it_is_missing() -> None:
    hashed = _category(values=[], hash=4096, missing="fill", fill="gmail.com")
    assert np.flatnonzero(Preprocessor([hashed]).rows([[None]])).tolist() == [3144]
    for cell, kind in ((None, "is missing"), (3, "not a number"), (["a"], "not a list")):
        with pytest.raises(InvalidInstance, match=kind):
            Preprocessor([_category(values=[], hash=4096)]).rows([[cell]])


def test_no_rows_are_an_empty_matrix() -> None:
    preprocessor = Preprocessor(CHURN)
    assert preprocessor.rows([]).shape == (0, preprocessor.width) == (0, 10)


_FLOATS = st.floats(-1e9, 1e9)
_WORDS = st.sampled_from(["a", "b", "ä", ""]) | st.text(max_size=3)
_NUMERIC = st.builds(
    lambda mean, scale, fill: _number(mean=mean, scale=scale, fill=fill),
    _FLOATS,
    st.floats(1e-4, 1e6),
    st.none() | _FLOATS,
)
_CATEGORICAL = st.builds(
    lambda values, missing, buckets: {
        "type": "category",
        "values": [] if buckets else values,
        "hash": buckets,
        "missing": missing,
        "fill": "a" if missing == "fill" else None,
    },
    st.lists(_WORDS, unique=True, max_size=4),
    st.sampled_from(["error", "fill", "own_category"]),
    st.none() | st.integers(2, 5),
)


@st.composite
def _tables(draw: st.DrawFn) -> tuple[list[Json], list[list[Any]]]:
    mixed = st.lists(_NUMERIC | _CATEGORICAL, min_size=1, max_size=5)
    drawn = draw(mixed | st.lists(_NUMERIC, min_size=11, max_size=12))
    features = [{**spec, "name": f"f{i}"} for i, spec in enumerate(drawn)]
    cells = [_cells(feature) for feature in features]
    return features, draw(st.lists(st.tuples(*cells).map(list), min_size=1, max_size=6))


def _cells(feature: Json) -> st.SearchStrategy[Any]:
    if feature["type"] == "number":
        given_cells: st.SearchStrategy[Any] = _FLOATS | st.integers(-(10**9), 10**9)
        return given_cells if feature["fill"] is None else given_cells | st.none()
    return _WORDS if feature["missing"] == "error" else _WORDS | st.none()


@given(_tables())
@settings(max_examples=300)
def test_rows_named_rows_single_rows_and_columns_agree_to_the_bit(
    table: tuple[list[Json], list[list[Any]]],
) -> None:
    features, rows = table
    preprocessor = Preprocessor(features)
    expected = preprocessor.columns(
        {f["name"]: _column(f, i, rows) for i, f in enumerate(features)}
    )
    assert preprocessor.rows(rows).tobytes() == expected.tobytes()
    named = [dict(zip(preprocessor.names, row, strict=True)) for row in rows]
    assert preprocessor.rows(named).tobytes() == expected.tobytes()
    alone = np.concatenate([preprocessor.rows([row]) for row in rows])
    assert alone.tobytes() == expected.tobytes()


_ANY_CELL = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=2)
    | st.lists(st.none(), max_size=1)
    | st.dictionaries(st.text(max_size=1), st.none(), max_size=1)
)


@given(st.lists(st.lists(_ANY_CELL, max_size=6), max_size=4))
def test_whatever_the_cells_are_the_encoding_is_finite_or_refused(rows: list[list[Any]]) -> None:
    try:
        encoded = Preprocessor(CHURN).rows(rows)
    except InvalidInstance as error:
        index = error.index
    else:
        index = 0
        assert np.isfinite(encoded).all()
    assert index in range(max(1, len(rows)))


_WIDE: list[Json] = [
    {"name": f"f{i}", "type": "number", "mean": -1e9, "scale": 1e-4, "fill": None}
    for i in range(12)
]


@pytest.mark.parametrize("cell", [True, "1", None, [1.0]])
def test_a_row_of_many_numbers_is_refused_for_one_that_is_none(cell: Any) -> None:
    with pytest.raises(InvalidInstance):
        Preprocessor(_WIDE).rows([[1.0] * 11 + [cell]])


@pytest.mark.parametrize("cell", [1.7e308, -1.7e308, 10**400, float("nan"), float("inf")])
def test_a_row_of_many_numbers_is_refused_for_one_too_far_out(cell: Any) -> None:
    with pytest.raises(InvalidInstance):
        Preprocessor(_WIDE).rows([[1.0] * 11 + [cell]])


def _column(feature: Json, position: int, rows: list[list[Any]]) -> np.ndarray[Any, Any]:
    cells = [row[position] for row in rows]
    if feature["type"] == "number":
        return np.array([np.nan if cell is None else float(cell) for cell in cells])
    column = np.empty(len(cells), object)
    column[:] = cells
    return column


def _category(**changes: Any) -> Json:
    return {"name": "c", "type": "category", **changes}


def _number(**changes: Any) -> Json:
    return {"name": "x", "type": "number", "mean": 0.0, "scale": 1.0, **changes}
