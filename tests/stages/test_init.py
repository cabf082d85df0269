"""`init` on tables that nobody prepared: a spec that is valid, trains, and says why."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelspec.data.dataset import Dataset, prepare
from modelspec.diagnostics import InputError, ModelspecError
from modelspec.spec.load import load
from modelspec.spec.model import ModelSpec
from modelspec.stages import schema
from modelspec.stages.init import init

PENGUINS = Path(__file__).parents[1] / "stories" / "penguins_raw.csv"
ROWS = 240


def table(*columns: str, rows: int = ROWS) -> str:
    """A table with a number, a category and a target, and more: `name=expression of i`."""
    named = {"size": "f'{i * 7 % 50}.5'", "kind": "'abc'[i % 3]"}
    named |= dict(column.split("=", 1) for column in columns)
    named = {**named, "y": named.pop("y", "('no', 'yes')[i * 7 % 50 > 20]")}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(named)
    writer.writerows([eval(code, {"i": i}) for code in named.values()] for i in range(rows))  # noqa: S307
    return text.getvalue()


def written(
    folder: Path, content: str | bytes, target: str | None = None, *, ready: bool = True
) -> tuple[str, ModelSpec]:
    """What is written for a table: the text, and the spec that it is."""
    file = folder / "x.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    path, wrong = init(file, target, "x")
    assert bool(wrong) is not ready
    text = path.read_text("utf-8")
    return text, load(text.encode(), "model.yaml").spec


def dataset(folder: Path, spec: ModelSpec) -> Dataset:
    return prepare((folder / "x.csv").read_bytes(), "x.csv", spec)


def line_of(text: str, column: str) -> str:
    """The line about a column, without spaces around it."""
    (line,) = re.findall(rf"^ +(?:- )?{re.escape(column)}(?::.*| +#.*)$", text, re.MULTILINE)
    return str(line).strip()


def test_a_table_without_oddities_needs_no_remarks(tmp_path: Path) -> None:
    text, spec = written(tmp_path, table())
    assert spec.task == "binary_classification"
    assert spec.data.target.model_dump() == {"column": "y", "positive": "yes"}
    assert "size: number\n" in text
    assert "kind: category\n" in text
    assert "ignore" not in text
    assert "csv:" not in text


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("id=f'C-{i}'", "- id   # an identifier: different in every row"),
        ("customerId=i * 3", "- customerId   # an identifier: different in every row"),
        ("order no=i * 3", "- order no   # an identifier: different in every row"),
        ("mass_index=f'{i % 90}.5'", "mass_index: number"),
        ("house_number=i % 90", "house_number: number"),
        ("row=i + 1", "- row   # counts the rows"),
        ("=i + 1", "- column 3   # counts the rows"),
        ("=i * i", "- column 3   # has no name in the header; holds `0`, ..."),
        ("none=''", "- none   # empty in every row"),
        ("same='x'", "- same   # `x` in every row"),
        ("day=f'2024-{1 + i % 12:02}-{1 + i % 28:02}'",
         "- day   # a date or time: `2024-01-01`, ..."),
        ("day=f'{1 + i % 28}.{1 + i % 12}.2024'", "- day   # a date or time: `1.1.2024`, ..."),
        ("at=f'2024-01-01T{i % 24:02}:00:00Z'", "- at   # a date or time: `2024-01-01T00:00:00Z`"),
        ("text=f'note {i}'", "- text   # text that is different in every row"),
        ("text=f'note {i % 200}'", "- text   # text with 200 different values in 240 cells"),
        ("text='word ' * 20 + str(i % 30)", "- text   # text to be read, not a category"),
        ("copy=('n', 'p')[i * 7 % 50 > 20]", "- copy   # says the same as `y`"),
        ("age='' if i % 4 == 1 else i % 50",
         "age: {type: number, missing: median}   # 60 of 240 cells are empty"),
        ("sort='' if i == 1 else 'ab'[i % 2]",
         "sort: {type: category, missing: own_category}   # 1 of 240 cells is empty"),
        ("dose='high' if i % 80 == 1 else i % 5",
         "dose: category   # 3 of 240 cells are no numbers: `high`"),
        ("town=f'town {i % 110}'",
         "town: {type: category, encoding: {hash: 64}}   # 110 different values share 64 inputs"),
        ("huge=f'{i}e40'", "- huge   # has numbers too large for a network"),
    ],
)  # fmt: skip
def test_each_guess_says_why(tmp_path: Path, column: str, expected: str) -> None:
    text, spec = written(tmp_path, table(column))
    name = expected.removeprefix("- ").partition(":")[0].partition("   #")[0]
    assert line_of(text, name).startswith(expected)
    dataset(tmp_path, spec)


def test_rows_of_one_customer_stay_on_one_side(tmp_path: Path) -> None:
    text, spec = written(tmp_path, table("customer_id=f'C{i // 4}'"))
    assert spec.data.split.key == "customer_id"
    assert "rows of one stay on one side" in text
    assert "- customer_id   # an identifier, which a model would learn by heart" in text


def test_texts_for_no_value_among_numbers_are_empty_cells(tmp_path: Path) -> None:
    text, spec = written(
        tmp_path,
        table("age='NA' if i % 9 == 1 else i % 50", "sort='NA' if i == 1 else 'b' * (i % 3)"),
    )
    assert spec.data.csv.missing == ("NA",)
    assert "csv: {missing: [NA]}   # how the file is written" in text
    assert line_of(text, "sort").endswith("81 of 240 cells are empty")


def test_a_text_among_texts_is_what_it_says(tmp_path: Path) -> None:
    _, spec = written(tmp_path, table("continent=('NA', 'EU', 'AS')[i % 3]"))
    assert spec.data.csv.missing == ()
    feature = dataset(tmp_path, spec).schema.features[2]
    assert feature.model_dump()["values"] == ("AS", "EU", "NA")


def in_europe(text: str) -> bytes:
    """As spreadsheets of some countries save it: semicolons, decimal commas, marks, CRLF."""
    rows = [[cell.replace(".", ",") if re.fullmatch(r"[-0-9.]+", cell) else cell for cell in row]
            for row in csv.reader(io.StringIO(text))]  # fmt: skip
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=";", lineterminator="\r\n").writerows(rows)
    return b"\xef\xbb\xbf" + made.getvalue().encode()


def test_semicolons_and_decimal_commas_give_the_same_data(tmp_path: Path) -> None:
    _, plain = written(tmp_path, table())
    expected = dataset(tmp_path, plain).digest()
    (tmp_path / "model.yaml").unlink()
    text, spec = written(tmp_path, in_europe(table()))
    assert "csv: {separator: semicolon, decimal: comma}" in text
    assert dataset(tmp_path, spec).digest() == expected


@pytest.mark.parametrize(("mark", "name"), [("\t", "tab"), ("|", "pipe")])
def test_other_separators_are_seen(tmp_path: Path, mark: str, name: str) -> None:
    _, spec = written(tmp_path, table().replace(",", mark))
    assert spec.data.csv.separator == name


def test_a_comma_in_a_text_does_not_hide_the_semicolons(tmp_path: Path) -> None:
    content = table("note='a, b' if i % 2 else 'c'").replace('"a, b"', "a_ b")
    _, spec = written(tmp_path, content.replace(",", ";").replace("_", ","))
    assert spec.data.csv.separator == "semicolon"


def test_cells_and_names_over_several_lines_are_read(tmp_path: Path) -> None:
    _, spec = written(tmp_path, table("a\nb='x\\ny' if i % 2 else 'z'"))
    assert "a\nb" in (spec.data.features or {})


@pytest.mark.parametrize(
    "name",
    ["a: b", "a # b", '"', "'", "- a", "{a}", "no", "1", "null", "a\tb", "ä", "日本", "*a", "&a",
     "!a", "a\\b", "{{ a }}", "x" * 200, "~", "+1", "data.csv"],
)  # fmt: skip
def test_any_name_of_a_column_is_written_as_it_is(tmp_path: Path, name: str) -> None:
    _, spec = written(tmp_path, table(f"{name}='ab'[i % 2]", f"{name} id='ab'[0]"))
    assert name in (spec.data.features or {})
    assert f"{name} id" in spec.data.ignore


def test_a_name_that_hides_text_is_left_out(tmp_path: Path) -> None:
    _, spec = written(tmp_path, table("a\u202eb='ab'[i % 2]"))
    assert list(spec.data.features or {}) == ["size", "kind"]


@pytest.mark.parametrize(
    ("y", "task"),
    [
        ("i % 2", "binary_classification"),
        ("'abc'[i * 7 % 3]", "multiclass_classification"),
        ("i * 7 % 5", "multiclass_classification"),
        ("i * 7 % 5 + (i == 3) * 10", "regression"),
        ("f'{i * 7 % 11}.5'", "regression"),
        ("i * 7 % 97", "regression"),
    ],
)
def test_the_task_follows_from_the_target(tmp_path: Path, y: str, task: str) -> None:
    _, spec = written(tmp_path, table(f"y={y}"))
    assert (spec.task, spec.data.target.column) == (task, "y")
    dataset(tmp_path, spec)


@pytest.mark.parametrize("last", ["''", "f'n{i}'", "'x'", "f'2024-01-{1 + i % 28:02}'"])
def test_a_column_that_cannot_be_predicted_is_not_taken_for_the_target(
    tmp_path: Path, last: str
) -> None:
    content = table(f"y={last}").replace(",y\n", ",z\n", 1)
    _, spec = written(tmp_path, content)
    assert spec.data.target.column == "kind"


def test_what_keeps_a_named_target_from_training_is_told(tmp_path: Path) -> None:
    content = table("answer='' if i % 9 == 1 else 'ab'[i % 2]")
    file = tmp_path / "x.csv"
    file.write_text(content)
    path, wrong = init(file, "answer", None)
    assert path.is_file()
    assert "the target `answer` is empty here; 27 such cells" in wrong[0].message
    assert wrong[0].hint == "remove rows whose answer is not known"


def test_a_table_without_anything_to_predict_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("id,name\n" + "".join(f"{i},n{i}\n" for i in range(50)))
    with pytest.raises(InputError, match="no column could be the target") as caught:
        init(file, None, None)
    assert "--target" in caught.value.diagnostics[0].hint
    assert not (tmp_path / "model.yaml").exists()


def test_the_spec_names_its_schema_for_editors_by_a_path(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "models" / "x"
    folder.mkdir(parents=True)
    text, _ = written(folder, table())
    first = text.partition("\n")[0]
    assert first == "# yaml-language-server: $schema=../../.modelspec.schema.json"
    assert (tmp_path / schema.FILE).read_text() == schema.text()
    assert not (folder / schema.FILE).exists()


def test_the_penguins_of_palmer_station_are_understood(tmp_path: Path) -> None:
    text, spec = written(tmp_path, PENGUINS.read_bytes())
    assert (spec.task, spec.data.target.column) == ("multiclass_classification", "Species")
    assert line_of(text, "Date Egg") == "- Date Egg   # a date or time: `2007-11-11`, ..."
    assert spec.data.csv.missing == ("NA",)
    assert spec.data.split.key == "Individual ID"
    assert "Body Mass (g): {type: number, missing: median}   # 2 of 344 cells are empty" in text
    (tmp_path / "model.yaml").unlink()
    plain = dataset(tmp_path, spec)
    _, european = written(tmp_path, in_europe(PENGUINS.read_text()))
    assert dataset(tmp_path, european).digest() == plain.digest()


CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.sampled_from(["", "NA", "1", "2.5", "3,5", "2024-01-01", "yes", "no", "a;b", "#", '"', "?"]),
    st.integers(0, 9).map(str),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(CELLS, min_size=width, max_size=width), min_size=2, max_size=30
        )
    ),
    st.sampled_from(",;\t|"),
)
def test_any_table_is_answered_by_a_valid_spec_or_by_what_is_wrong(
    tmp_path_factory: pytest.TempPathFactory, grid: list[list[str]], mark: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark, lineterminator="\n").writerows(grid)
    (folder / "x.csv").write_bytes(text.getvalue().encode())
    try:
        path, wrong = init(folder / "x.csv", None, None)
    except ModelspecError as error:
        assert error.diagnostics
        return
    spec = load(path.read_bytes(), "model.yaml").spec
    if not wrong:
        dataset(folder, spec)
