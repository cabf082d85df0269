from __future__ import annotations

import pytest

from modelspec.data.slices import read_slices
from modelspec.diagnostics import InputError
from modelspec.spec.gate import parse_gate

CONTENT = b"a,b,y\n1,x,0\n,z,1\n"


def test_the_columns_that_gates_divide_by_are_read_as_text() -> None:
    gates = [
        parse_gate("f1 >= 0.5"),
        parse_gate("f1 >= 0.5 for each a, y"),
        parse_gate("f1 >= 0.5 for b = x"),
        parse_gate("f1 >= 0.5 for class x"),
    ]
    found = read_slices(CONTENT, "x.csv", gates)
    assert {name: texts.tolist() for name, texts in found.items()} == {
        "a": ["1", ""],
        "y": ["0", "1"],
        "b": ["x", "z"],
    }


def test_without_slices_the_file_is_not_even_read() -> None:
    assert read_slices(b"\xff", "x.csv", [parse_gate("f1 >= 0.5")]) == {}


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match=r"x\.csv has no column `A`"):
        read_slices(CONTENT, "x.csv", [parse_gate("f1 >= 0.5 for each A")])
