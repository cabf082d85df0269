"""Blocks of rows are counted as each row by itself would be."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.serving.features import bucket
from modelspec.serving.preprocess import Preprocessor
from modelspec.serving.reference import Bins
from modelspec.serving.tally import FeatureTally, OutputTally
from tests.serving.folders import CHURN
from tests.serving.references import reference

Json = dict[str, Any]

PERSONAL: Json = {"name": "personal", "type": "number", "mean": 0.0, "scale": 1.0, "fill": 0.0}
TOWN: Json = {
    "name": "town",
    "type": "category",
    "values": [],
    "hash": 4,
    "missing": "fill",
    "fill": "Bern",
}
ODD: Json = {
    "name": "odd",
    "type": "category",
    "values": ["a"],
    "missing": "fill",
    "fill": "of no column",
}
FEATURES = [PERSONAL, *CHURN, TOWN, ODD]
REFERENCE = msgspec.convert(reference(FEATURES, 1)["features"], dict[str, Bins])
_TEXTS = st.sampled_from(["pro", "free", "north", "south", "web", "a", "b", "Bern", "Basel"])
_CELLS = {
    "number": st.floats(0, 1e6) | st.sampled_from([20.0, 7.5, 32.5, 55.5, 52.2, 58.8]),
    "category": _TEXTS,
}


def _cells(feature: Json) -> st.SearchStrategy[Any]:
    cells: st.SearchStrategy[Any] = _CELLS[feature["type"]]
    optional = feature.get("fill") is not None or feature.get("missing", "error") != "error"
    return cells | st.none() if optional else cells


ROWS = st.lists(st.tuples(*map(_cells, FEATURES)).map(list), min_size=1, max_size=20)


def expected(feature: Json, cell: Any) -> str:
    """The label of the bin that one cell is in."""
    if cell is None:
        return "missing"
    if feature["type"] == "number":
        z = np.float32((cell - feature["mean"]) / feature["scale"])
        return next((f"up to {cut}" for cut in (-1.0, 0.0, 1.0) if z <= cut), "+Inf")
    if feature.get("hash"):
        return str(bucket(cell, 4))
    return cell if cell in feature["values"] else "unseen"


def counted(rows: list[list[Any]], size: int) -> dict[str, dict[str, int]]:
    """What a tally makes of rows that come in blocks."""
    preprocessor = Preprocessor(FEATURES)
    tally = FeatureTally(preprocessor.features, REFERENCE)
    for start in range(0, len(rows), size):
        imputed: list[int] = []
        tally.add(preprocessor.rows(rows[start : start + size], imputed))
        tally.impute(imputed)
    names = [name for name in preprocessor.names if name in REFERENCE]
    return {
        name: dict(zip(REFERENCE[name].labels, counts.tolist(), strict=True))
        for name, counts in zip(names, tally.counts(), strict=True)
    }


@given(ROWS, st.integers(1, 20))
@settings(max_examples=200)
def test_each_cell_is_in_its_bin_whatever_the_blocks(rows: list[list[Any]], size: int) -> None:
    found = counted(rows, size)
    assert set(found) == {feature["name"] for feature in FEATURES} - {"personal"}
    for position, feature in enumerate(FEATURES):
        if feature is PERSONAL:
            continue
        labels = [expected(feature, row[position]) for row in rows]
        want = {label: labels.count(label) for label in REFERENCE[feature["name"]].labels}
        assert found[feature["name"]] == want


def test_more_rows_than_are_counted_at_once_are_all_counted() -> None:
    rows = [[0.0, "pro", None, None, 52.2, None, "Bern", "a"]] * 70_000
    found = counted(rows, 70_000)
    assert found["plan"]["pro"] == found["tenure"]["missing"] == 70_000
    assert found["spend"]["up to -1.0"] == 70_000
    assert {name: sum(bins.values()) for name, bins in found.items()} == dict.fromkeys(
        found, 70_000
    )


def test_without_features_to_count_nothing_is_counted() -> None:
    preprocessor = Preprocessor([PERSONAL])
    tally = FeatureTally(preprocessor.features, {})
    tally.add(preprocessor.rows([[1.0]]))
    assert tally.counts() == []


def test_outputs_are_counted_up_to_each_cut_or_by_the_first_of_the_largest() -> None:
    numbers = OutputTally(Bins(["a", "b", "c"], [], cuts=[0.25, 0.5]))
    numbers.add(np.array([[0.1], [0.25], [0.3], [0.9]], np.float32))
    numbers.add(np.array([[0.5]], np.float32))
    assert numbers.counts().tolist() == [2, 2, 1]
    classes = OutputTally(Bins(["x", "other"], [], columns=[1, 0, 1]))
    classes.add(np.array([[0.2, 0.6, 0.2], [0.4, 0.4, 0.2], [0.0, 0.0, 1.0]], np.float32))
    assert classes.counts().tolist() == [1, 2]
