from __future__ import annotations

import csv
import io
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.data.table import read_table
from modelspec.diagnostics import InputError, Location
from modelspec.spec.data import Csv

WRONG = {
    "empty": (b"", 1, 1, "the file is empty"),
    "blank lines only": (b"\n\r\n\n", 1, 1, "the file is empty"),
    "byte order mark only": (b"\xef\xbb\xbf", 1, 1, "the file is empty"),
    "header only": (b"a,b\n", 1, 1, "the file has a header and no rows"),
    "latin-1": (
        b"a,b\n1,caf\xe9\n",
        2,
        6,
        "the file is not UTF-8: byte 0xe9 cannot stand here",
    ),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), 1, 1, "the file is UTF-16, not UTF-8"),
    "nul": (b"a,b\n1,2\n1,\0\n", 3, 3, "the file has a NUL character"),
    "git lfs pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
        1,
        1,
        "this is a Git LFS pointer, not the data",
    ),
    "repeated header": (b"a,b,a\n1,2,3\n", 1, 5, "columns 1 and 3 are both called `a`"),
    "too few fields": (b"a,b,c\n1,2,3\n1,2\n", 3, 3, "the row has 2 fields, the header has 3"),
    "too many fields": (b"a,b\n1,2\n1,2,3\n", 3, 5, "the row has 3 fields, the header has 2"),
    "empty line": (b"a,b\n1,2\n\n1,2\n", 3, 1, "the row is empty"),
    "empty line with crlf": (b"a,b\r\n1,2\r\n\r\n1,2\r\n", 3, 1, "the row is empty"),
    "carriage returns": (b"a,b\r1,2\r", 1, 4, "a line ends with a carriage return alone"),
    "unclosed quote at the end": (
        b'a,b\n1,2\n1,"2\n1,2\n',
        3,
        3,
        "a quote is opened here and not closed where the field ends",
    ),
    "unclosed quote before another one": (
        b'a,b\n1,"2\n1,2\n1,"2"\n',
        2,
        3,
        "a quote is opened here and not closed where the field ends",
    ),
    "unclosed quote after doubled ones": (
        b'a,b\n1,"say ""2\n1,2\n',
        2,
        3,
        "a quote is opened here and not closed where the field ends",
    ),
    "quote in a bare field": (
        b'a,b\n1,5" pipe\n',
        2,
        4,
        "a quote stands inside a field that does not begin with one",
    ),
    "text behind a quote": (
        b'a,b\n1,"5" pipe\n',
        2,
        5,
        "a field goes on behind its closing quote",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_no_table_is_refused_with_its_place(name: str) -> None:
    content, line, column, message = WRONG[name]
    with pytest.raises(InputError) as caught:
        read_table(content, "x.csv")
    (found,) = caught.value.diagnostics
    assert (found.message, found.location) == (message, Location("x.csv", line, column))


def test_all_bad_names_of_a_header_are_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_table(b"a,,a,b,b\n1,2,3,4,5\n", "x.csv")
    assert [str(d.location) for d in caught.value.diagnostics] == ["x.csv:1:4", "x.csv:1:8"]


def test_a_column_without_a_name_is_called_by_its_number() -> None:
    table = read_table(b'"",a, \n1,2,3\n', "x.csv")
    assert table.names == ("column 1", "a", "column 3")
    assert table.nameless == {"column 1", "column 3"}


@pytest.mark.parametrize(("name", "mark"), [("semicolon", ";"), ("pipe", "|"), ("tab", "\t")])
def test_fields_may_be_apart_by_other_characters(
    name: Literal["semicolon", "pipe", "tab"], mark: str
) -> None:
    content = f'a{mark}"b{mark}c"\n1,5{mark}"x\n""y"""\n'.encode()
    table = read_table(content, "x.csv", Csv(separator=name))
    assert table.names == ("a", f"b{mark}c")
    assert [list(table.cells(n)) for n in table.names] == [["1,5"], ['x\n"y"']]
    assert table.at(0, f"b{mark}c") == Location("x.csv", 2, 5)


def test_a_row_of_another_width_is_told_whatever_is_between_its_fields() -> None:
    with pytest.raises(InputError, match="the row has 3 fields, the header has 2"):
        read_table(b"a;b\n1;2\n1;2;3\n", "x.csv", Csv(separator="semicolon"))


def test_texts_that_mean_no_value_are_empty_cells_in_every_column() -> None:
    table = read_table(b"a,b\nNA,x\n?,NA\n1,na\n", "x.csv", Csv(missing=("NA", "?")))
    assert list(table.cells("a")) == ["", "", "1"]
    assert list(table.cells("b")) == ["x", "", "na"]


def test_numbers_may_have_a_decimal_comma() -> None:
    table = read_table(
        b"a\n1,5\n-0,25\n7\n1e3\n1.5\n", "x.csv", Csv(separator="semicolon", decimal="comma")
    )
    found = table.numbers("a")
    assert found.values.tolist()[:4] == [1.5, -0.25, 7.0, 1000.0]
    assert found.wrong.tolist() == [False, False, False, False, True]


def test_ragged_rows_are_counted_and_five_of_them_named() -> None:
    with pytest.raises(InputError, match=r"7 rows differ .* in lines 2, 3, 4, 5, 6, \.\.\."):
        read_table(b"a,b\n" + b"1\n" * 7, "x.csv")


def test_a_byte_order_mark_and_crlf_are_no_part_of_the_cells() -> None:
    table = read_table(b'\xef\xbb\xbfa,b\r\n1,"x"\r\n2,"y\r\nz"\r\n', "x.csv")
    assert table.names == ("a", "b")
    assert table.cells("a").to_list() == ["1", "2"]
    assert table.cells("b").to_list() == ["x", "y\r\nz"]


def test_lines_are_counted_and_not_rows_where_a_quoted_cell_holds_line_ends() -> None:
    table = read_table('a,b\n"1\n\n1",ü\n2,"x\ny"\n3,z\n'.encode(), "x.csv")
    assert [table.line(row) for row in range(3)] == [2, 5, 7]
    assert table.at(0, "b") == Location("x.csv", 4, 4)
    assert table.at(2, "b") == Location("x.csv", 7, 3)
    assert table.layout.excerpt(Location("x.csv", 4, 4)) == '1",ü'
    assert table.layout.excerpt(Location("x.csv", 6, 1)) == 'y"'


def test_a_hundred_thousand_columns_are_a_table() -> None:
    names = [f"c{n}" for n in range(100_000)]
    content = ",".join(names) + "\n" + ",".join("1" for _ in names) + "\n"
    table = read_table(content.encode(), "x.csv")
    assert table.cells("c99999").to_list() == ["1"]


def test_a_cell_of_a_megabyte_is_a_cell() -> None:
    table = read_table(b"a,b\n1," + b"x" * 1_000_000 + b"\n", "x.csv")
    assert len(table.cells("b")[0]) == 1_000_000


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
TRICKY = st.text(alphabet='a",\n\r ü', max_size=6)


@st.composite
def grids(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(2, 4))
    names = draw(st.lists(CELL.filter(str.strip), min_size=width, max_size=width, unique=True))
    row = st.lists(CELL | TRICKY, min_size=width, max_size=width)
    return [names, *draw(st.lists(row, min_size=1, max_size=5))]


# With LF as its line end Python's writer leaves a carriage return without quotes.
STYLES = [("\r\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_ALL), ("\n", csv.QUOTE_ALL)]


@given(grids(), st.sampled_from(STYLES))
def test_what_another_writer_wrote_is_read_back_with_the_place_of_each_cell(
    grid: list[list[str]], style: tuple[str, Literal[0, 1]]
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=style[0], quoting=style[1]).writerows(grid)
    content = text.getvalue().encode()
    table = read_table(content, "x.csv")
    assert [list(table.names), *map(list, zip(*map(table.cells, table.names), strict=True))] == grid
    lines = text.getvalue().split("\n")
    for row, cells in enumerate(grid[1:]):
        for name, cell in zip(table.names, cells, strict=True):
            place = table.at(row, name)
            rest = "\n".join([lines[place.line - 1][place.column - 1 :], *lines[place.line :]])
            first = next(csv.reader(io.StringIO(rest, newline="")), [])
            assert (first or [""])[0] == cell


@given(st.text(alphabet='ab1",\n\r ', max_size=40).map(str.encode) | st.binary(max_size=40))
def test_any_bytes_are_refused_or_read_as_the_strict_reader_of_python_reads_them(
    content: bytes,
) -> None:
    try:
        table = read_table(content, "x.csv")
    except InputError:
        return
    text = content.decode("utf-8-sig").rstrip("\r\n")
    expected = [row or [""] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    numbered = enumerate(expected[0], 1)
    expected[0] = [name if name.strip() else f"column {number}" for number, name in numbered]
    assert [list(table.names), *map(list, zip(*map(table.cells, table.names), strict=True))] == (
        expected
    )
