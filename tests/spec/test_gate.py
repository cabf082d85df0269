"""The grammar of gates."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelspec.spec.gate import (
    ForClass,
    ForEach,
    ForValue,
    Gate,
    GateError,
    Quantity,
    Reference,
    offsets,
    parse_gate,
)

CASES = {
    "roc_auc >= 0.85": Gate("roc_auc", ">=", Quantity(0.85)),
    "roc_auc >= champion - 0.005": Gate(
        "roc_auc", ">=", Reference("champion", 1.0, Quantity(-0.005))
    ),
    "f1 >= baseline + 5%": Gate("f1", ">=", Reference("baseline", 1.0, Quantity(5.0, "%"))),
    "rmse <= 0.9 * baseline": Gate("rmse", "<=", Reference("baseline", 0.9)),
    "recall >= 0.5 for each country with at least 200 rows": Gate(
        "recall", ">=", Quantity(0.5), ForEach(("country",)), 200
    ),
    'recall > 50% for each a.b, "c d", é_1': Gate(
        "recall", ">", Quantity(50.0, "%"), ForEach(("a.b", "c d", "é_1"))
    ),
    "recall >= 0.5 for class malignant": Gate("recall", ">=", Quantity(0.5), ForClass("malignant")),
    "recall >= 0.5 for plan = pro": Gate("recall", ">=", Quantity(0.5), ForValue("plan", "pro")),
    "recall >= 0.5 for class = first": Gate(
        "recall", ">=", Quantity(0.5), ForValue("class", "first")
    ),
    r'recall >= 0.5 for "a = \"b\"" = "\\"': Gate(
        "recall", ">=", Quantity(0.5), ForValue('a = "b"', "\\")
    ),
    "latency_p99 <= 5ms": Gate("latency_p99", "<=", Quantity(5.0, "ms")),
    "container_size < 1.5e2MiB": Gate("container_size", "<", Quantity(150.0, "MiB")),
}


@pytest.mark.parametrize("text", CASES)
def test_a_gate_is_read_as_it_says(text: str) -> None:
    assert parse_gate(text) == CASES[text]


@pytest.mark.parametrize("gate", CASES.values(), ids=str)
def test_the_canonical_spelling_reads_back_to_the_same_gate(gate: Gate) -> None:
    assert parse_gate(str(gate)) == gate


def test_spaces_and_zeros_do_not_make_another_gate() -> None:
    assert str(parse_gate("roc_auc  >=   0.850 with at least 30 rows")) == "roc_auc >= 0.85"
    assert str(parse_gate("rmse <= 1 * baseline")) == "rmse <= baseline"
    assert str(parse_gate("rmse <= baseline - 0")) == "rmse <= baseline"


def test_bounds_have_a_value_in_base_units() -> None:
    assert Quantity(85.0, "%").value == pytest.approx(0.85)
    assert Quantity(0.5, "s").value == 500
    assert Quantity(300.0, "MB").value == 300
    assert Quantity(1.0, "MiB").value == 1.048576


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "name of a metric"),
        ("Roc_auc >= 1", 0, "name of a metric"),
        ("roc_auc", 7, "a comparator"),
        ("roc_auc>=0.8", 7, "a space"),
        ("roc_auc == 0.8", 8, "=="),
        ("roc_auc >= ", 11, "a number"),
        ("roc_auc >= .8", 11, "a number"),
        ("roc_auc >= 0.8.1", 11, "a number"),
        ("roc_auc >= 1e999", 11, "too large"),
        ("roc_auc >= 5 ms", 12, "right behind"),
        ("roc_auc >= 5sec", 13, "unknown unit"),
        ("roc_auc >= baseline * 2", 19, "factor first"),
        ("roc_auc >= baseline - -2", 22, "without a sign"),
        ("roc_auc >= 2% * baseline", 11, "plain number"),
        ("roc_auc >= 2 * 3", 15, "baseline or champion"),
        ("roc_auc >= 0.8 for x", 20, "= and a value"),
        ("roc_auc >= 0.8 for each a, a", 27, "twice"),
        ('roc_auc >= 0.8 for "a', 19, "not closed"),
        ('roc_auc >= 0.8 for each ""', 24, "empty"),
        ('roc_auc >= 0.8 for each "a\x07"', 24, "unprintable"),
        ("roc_auc >= 0.8 with at least 0 rows", 29, "at least 1 row"),
        ("roc_auc >= 0.8 with 5 rows", 20, "with at least"),
        ("roc_auc >= 0.8 with at least 5 row", 31, "the word rows"),
        ("roc_auc >= 0.8 and f1 >= 0.5", 15, "goes on"),
        ("a" * 600, 0, "longer"),
    ],
)
def test_an_error_names_the_character_where_it_goes_wrong(
    text: str, offset: int, words: str
) -> None:
    with pytest.raises(GateError) as caught:
        parse_gate(text)
    assert caught.value.offset == offset
    assert words in caught.value.message


def test_the_places_of_the_parts_are_kept() -> None:
    text = "recall  >= 0.5  for each a  with at least 9 rows"
    parts = offsets(text)[1]
    assert {name: text[at:].split(maxsplit=1)[0] for name, at in parts.items()} == {
        "metric": "recall",
        "comparator": ">=",
        "bound": "0.5",
        "slice": "for",
        "floor": "with",
    }


numbers = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
quantities = st.builds(
    Quantity, numbers, st.sampled_from(["", "%", "ms", "s", "kB", "MB", "KiB", "MiB"])
)
differences = quantities.map(lambda q: q if q.number else Quantity(0.0))
names = st.sampled_from(["champion", "baseline"])
references = st.one_of(
    st.builds(Reference, names, st.just(1.0), differences), st.builds(Reference, names, numbers)
)
texts = st.text(min_size=1, max_size=20).filter(str.isprintable)
slices = st.one_of(
    st.none(),
    st.builds(ForEach, st.lists(texts, min_size=1, max_size=3, unique=True).map(tuple)),
    st.builds(ForClass, texts),
    st.builds(ForValue, texts, texts),
)
gates = st.builds(
    Gate,
    st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True),
    st.sampled_from([">=", "<=", ">", "<"]),
    st.one_of(quantities, references),
    slices,
    st.integers(1, 999_999_999),
)


@given(gates)
@example(Gate("a", ">", Quantity(1.0), ForEach(("with", "for", "each"))))
@example(Gate("a", ">", Quantity(1.0), ForValue("each", "class")))
@example(Gate("a", ">", Quantity(1e22, "%"), ForClass("=")))
def test_any_gate_reads_back_from_its_canonical_spelling(gate: Gate) -> None:
    assert parse_gate(str(gate)) == gate
    assert str(parse_gate(str(gate))) == str(gate)


tokens = st.sampled_from(
    [
        "recall",
        ">=",
        "<",
        "0.5",
        "5%",
        "baseline",
        "champion",
        "*",
        "+",
        "-",
        "for",
        "each",
        "class",
        "=",
        ",",
        "with at least",
        "3",
        "rows",
        '"',
        '"a b"',
        "\\",
        " ",
        "ms",
        "e",
    ]
)


@given(st.one_of(st.text(), st.lists(tokens).map(" ".join), st.lists(tokens).map("".join)))
def test_any_text_is_a_gate_or_an_error_with_a_place_in_the_text(text: str) -> None:
    try:
        gate = parse_gate(text)
    except GateError as error:
        message, offset = error.message, error.offset
    else:
        assert parse_gate(str(gate)) == gate
        return
    assert message
    assert 0 <= offset <= len(text)
