"""Personal columns: their values reach no schema and no message; hashed ones need no list."""

from __future__ import annotations

import json

import pytest

from modelspec.diagnostics import InputError
from modelspec.plan.records import Categorical
from tests.data.tables import GOOD, HEAD, hints, make, refused

HASHED = "{type: category, pii: true, encoding: {hash: 8}}"
PERSONAL = f"features: {{x: {{type: number, pii: true, max: 1e6}}, c: {HASHED}}}"


def test_a_hashed_column_takes_any_number_of_values_and_keeps_none() -> None:
    content = HEAD + "".join(f"{i},name {i},{('no', 'yes')[i % 2]}\n" for i in range(1500))
    schema = make(content, PERSONAL).schema
    assert schema.features[1] == Categorical(name="c", values=(), hash=8, pii=True)
    assert "name" not in json.dumps([f.model_dump(exclude={"name"}) for f in schema.features])


def test_a_hashed_column_that_is_not_personal_may_fill_with_its_most_frequent_value() -> None:
    hashed = "{type: category, encoding: {hash: 8}, missing: most_frequent}"
    content = GOOD.replace("5,c,", "5,b,") + "1,,no\n"
    _, feature = make(content, f"features: {{x: number, c: {hashed}}}").schema.features
    assert feature == Categorical(name="c", values=(), hash=8, missing="fill", fill="b")


def test_what_is_not_personal_has_the_same_digest_as_before_there_was_such_a_thing() -> None:
    schema = make(GOOD).schema
    assert all(
        "pii" not in f.model_dump() and "hash" not in f.model_dump() for f in schema.features
    )


@pytest.mark.parametrize(
    "row",
    [
        "4711x,Rosebud,yes\n",
        "4711e99,Rosebud,yes\n",
        "4711000,Rosebud,yes\n",
        ",Rosebud,yes\n",
        "4711,,yes\n",
        "4711,Rosebud\n",
        "4711,Rosebud,\n",
        '4711,"Rosebud,yes\n',
    ],
    ids=["text", "large", "outside", "missing", "empty", "ragged", "target", "quote"],
)
def test_no_message_about_a_row_shows_a_cell_of_it(row: str) -> None:
    with pytest.raises(InputError) as caught:
        make(GOOD + row, PERSONAL)
    text = "\n".join(d.text() for d in caught.value.diagnostics)
    assert "x.csv:202:" in text
    assert "4711" not in text
    assert "Rosebud" not in text


def test_a_row_is_shown_where_no_column_is_personal() -> None:
    with pytest.raises(InputError) as caught:
        make(GOOD + "4711x,Rosebud,yes\n", "features: {x: number, c: category}")
    assert "Rosebud" in str(caught.value)


def test_policies_that_would_keep_a_value_are_not_recommended() -> None:
    assert hints(GOOD + ",,no\n", PERSONAL) == [
        "write x: {type: number, missing: mean} in data.features (mean or 0)",
        "write c: {type: category, missing: own_category} in data.features (own_category)",
    ]


def test_a_personal_number_that_is_the_same_for_everybody_is_refused() -> None:
    content = HEAD + "".join(f"4711,name {i},{('no', 'yes')[i % 2]}\n" for i in range(100))
    (problem,) = refused(content, PERSONAL)
    assert "`x` is the same in every training row, and its mean would tell it" in problem
    assert "4711" not in problem
