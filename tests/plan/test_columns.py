from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.plan.columns import fold, number, row

WORDS = st.text("abc,; ", max_size=60)


@given(WORDS, st.integers(1, 30))
def test_folding_loses_nothing_and_only_breaks_at_spaces(text: str, width: int) -> None:
    lines = fold(text, width)
    assert " ".join(lines) == text
    for line in lines:
        assert len(line) <= width or " " not in line


@given(st.lists(st.tuples(WORDS, st.integers(5, 30)), min_size=1, max_size=3))
def test_each_cell_of_a_row_stays_in_its_column(cells: list[tuple[str, int]]) -> None:
    lines = row("export.onnx", cells).split("\n")
    assert lines[0].startswith("  export    onnx")
    assert all(
        line.startswith("  export    " if n == 0 else " " * 12)
        for n, line in enumerate(lines)
        if line
    )
    longest = max(len(word) for text, _ in cells for word in ["onnx", *text.split(" ")])
    if longest <= 5:
        assert max(map(len, lines)) <= 12 + sum(width + 2 for _, width in cells)


def test_lines_break_behind_commas_rather_than_inside_a_measurement() -> None:
    text = "accuracy 0.971 (0.942 to 1), recall 0.957 (0.893 to 1)"
    assert fold(text, 40) == ["accuracy 0.971 (0.942 to 1),", "recall 0.957 (0.893 to 1)"]


def test_what_has_no_comma_in_reach_breaks_between_words() -> None:
    assert fold("churned for each country, recall", 14) == [
        "churned for",
        "each country,",
        "recall",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.97087, "0.971"),
        (1.0, "1"),
        (53.94, "53.9"),
        (2905.4, "2905"),
        (51234.5, "51234"),
        (2e-7, "2e-07"),
    ],
)
def test_numbers_are_short_and_large_ones_are_whole(value: float, text: str) -> None:
    assert number(value) == text
