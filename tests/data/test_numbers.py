from __future__ import annotations

import math
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.data.numbers import LARGEST, read_numbers, why_not

GRAMMAR = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("+5", 5), ("-0", 0), ("007", 7), (".5", 0.5), ("5.", 5), ("1E+3", 1000),
     ("1e-400", 0), ("1e38", 1e38), ("9007199254740993", 2.0**53)],
)  # fmt: skip
def test_a_plain_decimal_is_a_number(text: str, number: float) -> None:
    found = read_numbers(pl.Series([text]))
    assert found.values[0] == number
    assert not found.wrong[0]
    assert math.copysign(1, found.values[0]) == math.copysign(1, number)


@pytest.mark.parametrize(
    "text",
    ["1_000", "1,5", "\uff11\uff12", "\u0663", "inf", "-Infinity", "nan", "NaN", "NA", " 5", "5 ",
     "5\n", "0x1f", "1e", "e5", ".", "+", "--5", "1.2.3", "12%", "$5", "\u22125", "TRUE"],
)  # fmt: skip
def test_what_lenient_readers_take_for_a_number_is_not_one(text: str) -> None:
    assert read_numbers(pl.Series([text])).wrong.tolist() == [True]


@pytest.mark.parametrize("text", ["1e400", "-1e400", "3.5e38", "9" * 400])
def test_a_number_beyond_float32_is_reported_and_not_infinite(text: str) -> None:
    found = read_numbers(pl.Series([text]))
    assert (found.large.tolist(), found.wrong.tolist()) == ([True], [False])
    assert math.isnan(found.values[0])


@given(st.lists(st.floats(-LARGEST, LARGEST), min_size=1))
def test_every_number_is_read_to_the_last_bit(numbers: list[float]) -> None:
    found = read_numbers(pl.Series([repr(number) for number in numbers]))
    assert found.values.tolist() == numbers


@given(st.from_regex(GRAMMAR, fullmatch=True) | st.text(max_size=8))
def test_a_cell_is_a_number_exactly_if_the_grammar_says_so(text: str) -> None:
    found = read_numbers(pl.Series([text]))
    if not text:
        assert found.empty[0]
    elif GRAMMAR.fullmatch(text):
        number = float(text)
        assert found.large[0] == (abs(number) > LARGEST)
        assert found.large[0] or found.values[0] == number
    else:
        assert found.wrong[0]
        assert math.isnan(found.values[0])


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1,5", "write 1.5, or data.csv: {decimal: comma}"),
        ("1_000", "write 1000, without _"),
        ("12%", "write 12, without %"),
        (" 5", "write 5, without a space"),
        ("\uff11\uff12", "write numbers with the digits 0 to 9"),
        ("-inf", "numbers must be finite"),
        ("N/A", 'if it is missing, write data.csv: {missing: ["N/A"]}, and say so'),
        ("  ", 'if it is missing, write data.csv: {missing: ["  "]}, and say so'),
        ("red", "write a number, or make the column a category; `red` is text"),
    ],
)
def test_the_hint_says_what_to_write_instead(text: str, hint: str) -> None:
    assert why_not(text, "say so") == hint
