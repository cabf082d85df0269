from __future__ import annotations

import pytest

from modelspec.plan.records import Categorical, Numeric
from tests.data.tables import FEATURES, GOOD, HEAD, hints, make, refused, rows


def test_features_are_inferred_where_the_spec_leaves_them_out() -> None:
    schema = make(GOOD).schema
    assert [(f.name, f.type) for f in schema.features] == [("x", "number"), ("c", "category")]
    assert schema.classes == ("no", "yes")


def test_the_order_of_features_in_the_spec_means_nothing() -> None:
    one = make(GOOD, "features: {x: number, c: category}")
    other = make(GOOD, "features: {c: category, x: number}")
    assert one.digest() == other.digest()


@pytest.mark.parametrize("cell", ["abc", "1_000", "\uff11\uff12", "inf", "nan", "NA", " 5"])
def test_text_in_a_number_column_is_refused_with_line_and_column(cell: str) -> None:
    content = "c,x,y\n" + "a,1,no\n" * 20 + f"a,{cell},yes\n" * 7
    assert refused(content, FEATURES) == [
        (
            f"x.csv:22:3: `x` is a number, and this cell holds `{cell}`; "
            "7 such cells, in lines 22, 23, 24, 25, 26, ..."
        )
    ]


def test_a_few_texts_among_inferred_numbers_are_a_mistake_and_no_category() -> None:
    assert refused(GOOD + "NA,a,yes\n") == [
        "x.csv:202:1: most cells of `x` are numbers, and this one is `NA`"
    ]


def test_a_number_that_would_be_infinite_is_refused() -> None:
    assert refused(GOOD + "1e400,a,yes\n") == [
        "x.csv:202:1: `x` is `1e400`, and numbers go up to 3.4e+38 (float32)"
    ]


def test_numbers_outside_their_bounds_are_refused() -> None:
    data = "features: {x: {type: number, min: 2, max: 190}, c: category}"
    assert refused(GOOD, data) == [
        "x.csv:2:1: `x` is 0.5 here, and its min is 2; 2 such cells, in lines 2, 3",
        (
            "x.csv:192:1: `x` is 190.5 here, and its max is 190; "
            "10 such cells, in lines 192, 193, 194, 195, 196, ..."
        ),
    ]


def test_missing_cells_without_a_policy_are_refused_with_line_count_and_policies() -> None:
    content = GOOD + ",a,yes\n,,no\n"
    assert refused(content, FEATURES) == [
        (
            "x.csv:202:1: `x` is empty here, and the spec does not say what an empty cell becomes; "
            "2 such cells, in lines 202, 203"
        ),
        "x.csv:203:2: `c` is empty here, and the spec does not say what an empty cell becomes",
    ]
    assert hints(content, FEATURES) == [
        "write x: {type: number, missing: median} in data.features (median, mean or 0)",
        (
            "write c: {type: category, missing: most_frequent} in data.features "
            "(most_frequent or own_category)"
        ),
    ]


def test_only_an_empty_cell_is_missing() -> None:
    content = GOOD + "NA,a,yes\n"
    data = "features: {x: {type: number, missing: median}, c: category}"
    assert refused(content, data) == ["x.csv:202:1: `x` is a number, and this cell holds `NA`"]


@pytest.mark.parametrize(
    ("cell", "count"), [("id{}", 200), ("v{}", 101)], ids=["all different", "too many"]
)
def test_texts_that_are_no_category_by_themselves_are_refused(cell: str, count: int) -> None:
    content = HEAD + "".join(
        f"{i},{cell.format(i % count)},{('no', 'yes')[i % 2]}\n" for i in range(200)
    )
    (problem,) = refused(content)
    assert problem.startswith("x.csv:1:3: column `c` holds texts")
    assert make(content, FEATURES).schema.features[1].type == "category"


def test_a_column_that_is_empty_everywhere_is_refused() -> None:
    content = HEAD + "".join(f"{i},,{('no', 'yes')[i % 2]}\n" for i in range(200))
    assert refused(content) == ["x.csv:1:3: column `c` is empty in every row"]


def test_every_column_that_is_not_there_is_named_where_the_spec_names_it() -> None:
    assert refused(GOOD, "ignore: [X, z]", target="why", gates="f1 >= 0.5 for each C") == [
        "model.yaml:7:11: x.csv has no column `why`",
        "model.yaml:8:12: x.csv has no column `X`",
        "model.yaml:8:15: x.csv has no column `z`",
        "model.yaml:11:21: x.csv has no column `C`",
    ]
    assert hints(GOOD, "ignore: [X, z]") == [
        "did you mean `x`?",
        "its columns are `x`, `c`, `y`",
    ]


@pytest.mark.parametrize(
    "named",
    [
        {"data": "features: {weihgt: number, kind: category}"},
        {"data": "ignore: [weihgt]"},
        {"data": "split: {key: weihgt}"},
        {"target": "weihgt"},
        {"gates": "f1 >= 0.5 for each weihgt"},
        {"gates": "f1 >= 0.5 for weihgt = 2"},
    ],
    ids=lambda named: " ".join(named.values()),
)
def test_a_misspelled_column_is_told_with_the_one_that_was_meant(named: dict[str, str]) -> None:
    content = GOOD.replace(HEAD, "weight,kind,y\n")
    assert hints(content, **named) == ["did you mean `weight`?"]


def test_a_feature_that_is_not_there_is_named_at_its_key() -> None:
    assert refused(GOOD, "features: {x: number, colour: category}") == [
        "model.yaml:8:25: x.csv has no column `colour`"
    ]


def test_a_file_with_semicolons_is_recognized() -> None:
    assert hints(GOOD.replace(",", ";")) == [
        "x.csv has one column; write data.csv: {separator: semicolon}"
    ]


def test_columns_that_are_not_used_are_a_warning() -> None:
    (warning,) = make(GOOD, "features: {x: number}").warnings
    assert warning.severity == "warning"
    assert str(warning.location) == "model.yaml:8:3"
    assert warning.message == "not used, because `features` does not name them: `c`"


def test_values_outside_the_list_are_a_warning_and_encode_as_none_of_them() -> None:
    dataset = make(GOOD, "features: {x: number, c: {type: category, values: [b, a]}}")
    assert dataset.schema.features[1] == Categorical(name="c", values=("b", "a"))
    (warning,) = dataset.warnings
    assert "66 cells of `c`" in warning.message
    assert "the first is `c` in line 4 of x.csv" in warning.message


def test_identifiers_beyond_the_exact_integers_are_a_warning() -> None:
    content = HEAD + "".join(f"{2**53 + 2 * i},a,{('no', 'yes')[i % 2]}\n" for i in range(200))
    assert "199 cells of `x` are beyond 2^53" in make(content).warnings[0].message


def test_all_problems_of_a_file_are_reported_at_once() -> None:
    content = HEAD + "abc,,no\n" + rows().replace("yes", "maybe") + "1e99,a,yes\n"
    assert [problem.split(": ")[0] for problem in refused(content, FEATURES)] == [
        "model.yaml:7:11",
        "x.csv:2:1",
        "x.csv:2:5",
        "x.csv:203:1",
    ]


def test_a_key_with_an_empty_cell_is_refused() -> None:
    content = "k," + HEAD + "".join(f"u{i % 50},{r}\n" for i, r in enumerate(rows().split()))
    data = "ignore: [k]\n  split: {key: k}"
    assert make(content, data).side.size == 200
    problems = refused(content + ",1,a,no\n", data)
    assert problems == ["x.csv:202:1: `k` is empty here, and data.split.key decides by it"]


@pytest.mark.parametrize("count", [1, 9])
def test_too_few_rows_are_refused_with_their_number(count: int) -> None:
    content = "x,y\n" + "".join(f"{i},{('no', 'yes')[i % 2]}\n" for i in range(count))
    assert f"model.yaml:6:11: x.csv has {count} rows: too few to train, to stop and to judge" in (
        refused(content)
    )


def numeric(dataset: object, number: int = 0) -> Numeric:
    feature = dataset.schema.features[number]  # type: ignore[attr-defined]
    assert isinstance(feature, Numeric)
    return feature


@pytest.mark.parametrize("policy", ["median", "mean", "-3"])
def test_what_fills_empty_numbers_is_learned_from_training_rows_alone(policy: str) -> None:
    content = HEAD + "".join(
        f"{'' if i % 5 == 0 else i * i},a,{('no', 'yes')[i % 2]}\n" for i in range(300)
    )
    data = f"features: {{x: {{type: number, missing: {policy}}}}}"
    dataset = make(content, data)
    cells = [float(r.split(",")[0]) if r[0] != "," else None for r in content.split()[1:]]
    train = [c for c, side in zip(cells, dataset.side, strict=True) if side == 0]
    known = sorted(c for c in train if c is not None)
    half = len(known) // 2
    median = known[half] if len(known) % 2 else (known[half - 1] + known[half]) / 2
    fill = {"median": median, "mean": sum(known) / len(known), "-3": -3.0}[policy]
    filled = [fill if c is None else c for c in train]
    mean = sum(filled) / len(filled)
    scale = (sum((c - mean) ** 2 for c in filled) / len(filled)) ** 0.5
    found = numeric(dataset)
    assert found.fill == pytest.approx(fill)
    assert found.mean == pytest.approx(mean)
    assert found.scale == pytest.approx(scale)


def test_a_constant_number_has_a_scale_of_one_and_is_a_warning() -> None:
    dataset = make(HEAD + rows().replace(".5", ""), FEATURES)
    constant = make("k,x,c,y\n" + "".join(f"0.1,{r}\n" for r in rows().split()))
    assert numeric(dataset).scale > 1
    assert (numeric(constant).mean, numeric(constant).scale) == (0.1, 1.0)
    assert constant.warnings[0].message == "`k` is 0.1 in every training row"


def test_a_value_that_no_training_row_has_is_none_of_the_values() -> None:
    lines = [f"u{i},{line}\n" for i, line in enumerate(rows().split())]
    keyed = "ignore: [k]\n  split: {key: k}"  # so that a row's other cells do not move it
    side = make("k," + HEAD + "".join(lines), keyed).side
    changed = [
        line.replace(",b,", ",only here,") if on else line
        for line, on in zip(lines, side, strict=True)
    ]
    dataset = make("k," + HEAD + "".join(changed), keyed)
    assert "only here" in dataset.columns["c"]
    assert dataset.schema.features[1] == Categorical(name="c", values=("a", "b", "c"))


def test_the_most_frequent_value_fills_and_ties_do_not_depend_on_the_order_of_rows() -> None:
    lines = [f"{i},{'b' if i % 2 else 'a'},{('no', 'yes')[i % 2]}\n" for i in range(400)]
    lines += [f"{i},,no\n" for i in range(400, 420)]
    data = "features: {x: number, c: {type: category, missing: most_frequent}}"
    one, other = make(HEAD + "".join(lines), data), make(HEAD + "".join(lines[::-1]), data)
    feature = one.schema.features[1]
    assert isinstance(feature, Categorical)
    assert feature.missing == "fill"
    counts = {v: list(one.rows(0).columns["c"]).count(v) for v in ("a", "b")}
    assert feature.fill == max(("a", "b"), key=lambda v: counts[v])
    assert other.schema == one.schema


def test_an_empty_category_can_be_a_category_of_its_own() -> None:
    data = "features: {x: number, c: {type: category, missing: own_category}}"
    dataset = make(GOOD + "1,,yes\n", data)
    feature = dataset.schema.features[1]
    assert isinstance(feature, Categorical)
    assert (feature.missing, feature.fill) == ("own_category", None)
    assert dataset.columns["c"][-1] is None


def test_a_file_is_read_as_the_spec_says_that_it_is_written() -> None:
    written = GOOD.replace(",", ";").replace(".", ",").replace("17,5;", "NA;", 1)
    plain = make(
        GOOD.replace("17.5,", ",", 1), "features: {x: {type: number, missing: 0}, c: category}"
    )
    other = make(
        written,
        "csv: {separator: semicolon, decimal: comma, missing: [NA]}\n"
        "  features: {x: {type: number, missing: 0}, c: category}",
    )
    assert other.digest() == plain.digest()


def test_a_column_without_a_name_has_to_be_named_or_ignored() -> None:
    content = "".join(f"{number},{line}\n" for number, line in enumerate(GOOD.splitlines()))
    content = content.replace("0,", ",", 1)
    assert refused(content) == ["x.csv:1:1: column 1 has no name"]
    assert hints(content) == ["name it in the header, or write data.ignore: [column 1]"]
    assert list(make(content, "ignore: [column 1]").columns) == ["x", "c"]
    assert not make(content, f"ignore: [column 1]\n  {FEATURES}").warnings
