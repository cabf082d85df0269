from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.data.columns import Column
from modelspec.data.split import sides
from modelspec.spec.data import Split
from tests.data.tables import HEAD, make

NUMBER = st.none() | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
ROWS = st.lists(st.tuples(NUMBER, TEXT, NUMBER, NUMBER), min_size=1, max_size=30)


def columns(rows: Sequence[tuple[object, ...]]) -> dict[str, Column]:
    made: dict[str, Column] = {}
    for number, name in enumerate(("b", "ä", "a", "c")):
        cells = [row[number] for row in rows]
        made[name] = np.array(cells, dtype=object if name == "ä" else np.float64)
    return made


def by_the_book(seed: int, parts: Sequence[object], test: Fraction, both: Fraction) -> int:
    """The side of one row, written down again from the documentation."""
    message = seed.to_bytes(8, "big")
    for part in parts:
        if isinstance(part, str):
            message += struct.pack(">I", len(part.encode())) + part.encode()
        elif part is None:
            message += bytes.fromhex("7ff8000000000000")
        elif isinstance(part, float):
            message += struct.pack(">d", part + 0.0)
        else:
            message += b"\xff\xff\xff\xff"
    u = Fraction(int.from_bytes(blake2b(message, digest_size=8).digest(), "big"), 2**64)
    return 2 if u < test else 1 if u < both else 0


@given(ROWS, st.integers(0, 2**32 - 1), st.sampled_from(["0.2", "0.5", "0.001"]))
def test_sides_are_what_the_documentation_says(
    rows: list[tuple[object, ...]], seed: int, share: str
) -> None:
    split = Split(test=Decimal(share), validation=Decimal("0.3"), seed=seed)
    test = Fraction(share)
    both = test + Fraction("0.3")
    missing = object()
    expected = [
        # a, b, c, ä: the order of names
        by_the_book(
            seed, (row[2], row[0], row[3], missing if row[1] is None else row[1]), test, both
        )
        for row in rows
    ]
    assert sides(split, columns(rows), None).tolist() == expected


@given(st.lists(TEXT.filter(bool), min_size=1), st.integers(0, 2**32 - 1))
def test_with_a_key_only_its_text_decides(keys: list[str], seed: int) -> None:
    split = Split(seed=seed, key="k")
    expected = [by_the_book(seed, (key,), Fraction("0.2"), Fraction("0.3")) for key in keys]
    assert sides(split, {}, keys).tolist() == expected


@given(ROWS, ROWS, st.randoms(use_true_random=False))
def test_rows_keep_their_side_when_rows_are_added_and_shuffled(
    rows: list[tuple[object, ...]], more: list[tuple[object, ...]], chance: random.Random
) -> None:
    split = Split()
    before = dict(zip(map(repr, rows), sides(split, columns(rows), None), strict=True))
    shuffled = rows + more
    chance.shuffle(shuffled)
    after = sides(split, columns(shuffled), None)
    for row, side in zip(map(repr, shuffled), after, strict=True):
        assert before.get(row, side) == side


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_prepared_file_keeps_sides_when_its_lines_are_shuffled(chance: random.Random) -> None:
    lines = [f"{i},{'abc'[i % 3]},{('no', 'yes')[i % 2]}\n" for i in range(200)]
    one = make(HEAD + "".join(lines))
    before = dict(zip(lines, one.side, strict=True))
    grown = [*lines, *(f"{i},a,{('no', 'yes')[i % 2]}\n" for i in range(200, 260))]
    chance.shuffle(grown)
    other = make(HEAD + "".join(grown))
    for line, side in zip(grown, other.side, strict=True):
        assert before.get(line, side) == side


def test_shares_come_out_as_asked() -> None:
    numbers = np.arange(100_000, dtype=np.float64)
    side = sides(Split(), {"x": numbers}, None)
    counts = np.bincount(side) / side.size
    assert np.abs(counts - [0.7, 0.1, 0.2]).max() < 0.005


def test_another_seed_divides_otherwise() -> None:
    numbers = {"x": np.arange(1000, dtype=np.float64)}
    one, other = sides(Split(), numbers, None), sides(Split(seed=43), numbers, None)
    assert (one != other).mean() > 0.3


def test_the_target_and_ignored_columns_do_not_move_a_row() -> None:
    one = make(
        "k," + HEAD + "".join(f"{i},{i},a,{('no', 'yes')[i % 2]}\n" for i in range(200)),
        "ignore: [k]",
    )
    other = make(
        "k," + HEAD + "".join(f"-,{i},a,{('yes', 'no')[i % 2]}\n" for i in range(200)),
        "ignore: [k]",
    )
    assert one.side.tolist() == other.side.tolist()
