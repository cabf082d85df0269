from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modelspec.plan.golden import golden
from modelspec.plan.records import Categorical, Numeric, Schema
from modelspec.serving.preprocess import Preprocessor

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

finite = st.floats(-1e9, 1e9)
names = st.text("ab-", min_size=1, max_size=3) | st.sampled_from(["unseen", "unseen-"])


@st.composite
def numbers(draw: DrawFn, name: str) -> Numeric:
    mean = draw(finite)
    return Numeric(
        name=name,
        fill=draw(st.none() | st.just(mean)),
        min=draw(st.none() | st.floats(-1e9, mean)),
        max=draw(st.none() | st.floats(mean, 1e9)),
        mean=mean,
        scale=draw(st.floats(1e-6, 1e6)),
    )


@st.composite
def categories(draw: DrawFn, name: str) -> Categorical:
    values = tuple(draw(st.lists(names, min_size=1, max_size=4, unique=True)))
    missing = draw(st.sampled_from(["error", "fill", "own_category"]))
    fill = values[0] if missing == "fill" else None
    buckets = draw(st.none() | st.integers(2, 5))
    kept = () if buckets else values
    return Categorical(name=name, values=kept, missing=missing, fill=fill, hash=buckets)


@st.composite
def schemas(draw: DrawFn) -> Schema:
    count = draw(st.integers(1, 5))
    each = [draw(numbers(f"f{i}") | categories(f"f{i}")) for i in range(count)]
    return Schema(features=tuple(each), classes=("no", "yes"))


@given(schemas(), st.integers(0, 2**32 - 1), st.integers(2, 20))
def test_golden_rows_are_accepted_by_serving_and_cover_unseen_and_missing_cells(
    schema: Schema, seed: int, count: int
) -> None:
    rows = golden(schema, seed, count)
    assert rows == golden(schema, seed, count)
    assert len(rows) == count
    encoded = Preprocessor([feature.model_dump() for feature in schema.features]).rows(rows)
    assert np.isfinite(encoded).all()
    for position, feature in enumerate(schema.features):
        cells = [row[position] for row in rows]
        if isinstance(feature, Categorical):
            assert any(cell is not None and cell not in feature.values for cell in cells)
            optional = feature.missing != "error"
        else:
            optional = feature.fill is not None
        assert (None in cells) == optional


def test_golden_rows_stay_the_same_for_ever() -> None:
    schema = Schema(
        features=(
            Numeric(name="age", fill=40.0, min=18.0, mean=40.0, scale=12.5),
            Categorical(name="plan", values=("free", "pro"), missing="own_category"),
        )
    )
    assert golden(schema, 42, 4) == [
        [46.9713, None],
        [18.0, "unseen"],
        [None, "free"],
        [26.1605, "free"],
    ]
