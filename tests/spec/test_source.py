"""Text to plain data and places, and what is refused on the way."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import InputError, Location
from modelspec.spec.source import Parser, Source, c_events, python_events, read

PARSERS = [c_events, python_events] if yaml.__with_libyaml__ else [python_events]


def refusal(content: bytes, parser: Parser | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read(content, "m.yaml", parser)
    return str(caught.value)


@pytest.mark.parametrize("parser", PARSERS)
def test_plain_data_and_places_come_from_one_pass(parser: Parser) -> None:
    source = read(b"a:\n  b: [x, 'y', ~]\n  \xc3\xa9: 1\n", "m.yaml", parser)
    assert source.tree == {"a": {"b": ("x", "y", None), "é": "1"}}
    places = source.places
    assert places.key(("a",)) == Location("m.yaml", 1, 1)
    assert places.value(("a", "b", 1)) == Location("m.yaml", 2, 10)
    assert places.value(("a", "é")) == Location("m.yaml", 3, 6)
    assert places.excerpt(places.key(("a", "é"))) == "  é: 1"


def test_a_path_that_is_not_there_answers_with_what_encloses_it() -> None:
    places = read(b"a:\n  b: 1\n", "m.yaml").places
    assert places.value(("a", "c", "d")) == places.value(("a",))
    assert places.key(("x",)) == Location("m.yaml", 1, 1)
    assert places.find(("a", "c")) is None


def test_a_character_of_a_text_is_found_in_quotes_too() -> None:
    places = read(b"a: abc\nb: 'abc'\nc: \"a\\x62c\"\n", "m.yaml").places
    assert places.within(("a",), 2).column == 6
    assert places.within(("b",), 2).column == 7
    assert places.within(("c",), 2).column == 4  # an escape: only its beginning is known


def test_a_byte_order_mark_carriage_returns_and_a_missing_last_line_end_are_accepted() -> None:
    source = read(b"\xef\xbb\xbfa: 1\r\nb: 2", "m.yaml")
    assert source.tree == {"a": "1", "b": "2"}
    assert source.places.value(("b",)) == Location("m.yaml", 2, 4)
    assert source.places.excerpt(Location("m.yaml", 1, 1)) == "a: 1"


def test_a_key_written_twice_names_both_places_and_the_first_stays() -> None:
    source = read(b"a: 1\nb:\n  c: 1\n  c: [2]\na: 3\n", "m.yaml")
    assert source.tree == {"a": "1", "b": {"c": "1"}}
    assert [d.message for d in source.problems] == [
        "duplicate key `c`: it is already at m.yaml:3:3",
        "duplicate key `a`: it is already at m.yaml:1:1",
    ]
    assert [str(d.location) for d in source.problems] == ["m.yaml:4:3", "m.yaml:5:1"]


def test_keys_that_yaml_1_1_would_fold_into_one_are_two() -> None:
    assert len(read(b"1: a\ntrue: b\n1.0: c\n01: d\n", "m.yaml").tree) == 4


def test_latin_1_is_refused_with_the_byte_and_its_place() -> None:
    said = refusal(b"a: 1\nb: caf\xe9\n")
    assert said.startswith("m.yaml:2:7: byte 11 (0xe9) is not UTF-8")


def test_a_character_that_cannot_be_seen_is_refused_everywhere_it_stands() -> None:
    said = refusal("a: \u202ex\nb: \x07\n# \u2028\n".encode())
    assert [line.split(" ")[0] for line in said.splitlines() if line.startswith("m.yaml")] == [
        "m.yaml:1:4:",
        "m.yaml:2:4:",
        "m.yaml:3:3:",
    ]


# What the reader must answer within a second and little memory, whatever it is given.
HOSTILE = {
    "26 KB of [": b"[" * 26_000,
    "26 KB of [ below a key": b"a: " + b"[" * 26_000,
    "100,000 of [ in pairs": b"a: " + b"[" * 50_000 + b"]" * 50_000,
    "nested with commas": b"a: " + b"[a," * 200_000,
    "braces": b"a: " + b"{a: " * 200_000,
    "alias bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(
        b"%c: &%c [%s]\n" % (97 + i, 97 + i, b",".join([b"*%c" % (96 + i)] * 9))
        for i in range(1, 20)
    ),
    "merge bomb": b"a: &a {x: 1}\n" + b"b: {<<: [*a, *a, *a, *a]}\n" * 1000,
    "10 MB": b"a: b\n" * 2_000_000,
    "one key 200,000 times": b"k: 1\n" * 190_000,
    "one line of one key": b"a: {" + b"b," * 450_000 + b"}",
    "half a million values": b"a: [" + b"1," * 490_000 + b"]",
    "dashes": b"- " * 490_000,
    "question marks": b"? " * 490_000,
    "anchors": b"&a " * 300_000,
    "tags": b"!a " * 300_000,
    "one long text": b"a: " + b"x" * 990_000,
    "escapes": b'a: "' + b"\\n" * 490_000 + b'"',
    "control characters": b"\x01" * 900_000,
    "not UTF-8": b"a" * 900_000 + b"\xff",
    "open quote": b'a: "' + b"x " * 490_000,
    "comments": b"#\n" * 490_000,
    "directives": b"%A\n" * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_answered_within_a_second(name: str) -> None:
    start = time.process_time()
    try:
        source: Source | InputError = read(HOSTILE[name], "m.yaml")
    except InputError as error:
        source = error
    assert time.process_time() - start < 1
    if isinstance(source, InputError):
        assert str(source).startswith("m.yaml:")
        assert len(str(source)) < 20_000


fragments = st.sampled_from(
    [
        "a",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        '"',
        "|\n",
        "? ",
        "&a ",
        "*a",
        "!t ",
        "---\n",
        "%YAML",
        "\t",
        "#",
        "~",
        "\\x41",
        "\u2028",
        "\ufeff",
        "\r\n",
        "\r",
        ":",
    ]
)


@given(
    st.one_of(st.binary(), st.text().map(str.encode), st.lists(fragments).map("".join)),
    st.sampled_from(PARSERS),
)
def test_any_bytes_are_data_or_a_refusal_with_a_place(content: bytes | str, parser: Parser) -> None:
    data = content.encode() if isinstance(content, str) else content
    try:
        source = read(data, "m.yaml", parser)
        assert isinstance(source.places.root.value, dict)
    except InputError as error:
        found = error.diagnostics
    else:
        return
    assert found
    assert all(d.location for d in found)


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml")
@given(st.lists(fragments, max_size=12).map("".join))
def test_both_parsers_read_the_same_data(text: str) -> None:
    answers = []
    for parser in PARSERS:
        try:
            source = read(text.encode(), "m.yaml", parser)
            answers.append((source.tree, bool(source.problems)))
        except InputError:
            return
    assert answers[0] == answers[1]
