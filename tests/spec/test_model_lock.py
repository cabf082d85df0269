"""`model.lock`: what is written is read back, and whatever else is refused with its place."""

from __future__ import annotations

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import InputError
from modelspec.spec.model_lock import FORMAT, NOTHING, BasePin, DataPin, ModelLock, load_lock

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
DIGEST = HEX.map(lambda text: f"sha256:{text}")
PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
NAME = st.text(PRINTABLE, min_size=1, max_size=1000)
BASE = st.builds(BasePin, id=DIGEST, manifest=st.none() | DIGEST)
DATA = st.builds(
    DataPin,
    sha256=HEX,
    size=st.integers(0, 2**60),
    etag=st.none() | st.text(PRINTABLE, max_size=40),
    last_modified=st.none() | st.just("Wed, 01 May 2024 12:00:00 GMT"),
)
LOCK = st.builds(
    ModelLock,
    lock=st.just(FORMAT),
    base=st.dictionaries(NAME, BASE, max_size=3),
    data=st.dictionaries(NAME, DATA, max_size=3),
)


def problems(text: str | bytes) -> list[str]:
    """Every problem, as `line:column: message`."""
    with pytest.raises(InputError) as caught:
        load_lock(text.encode() if isinstance(text, str) else text, "model.lock")
    assert caught.value.diagnostics[-1].hint
    return [
        f"{d.location.line}:{d.location.column}: {d.message}"
        for d in caught.value.diagnostics
        if d.location
    ]


@given(LOCK)
def test_what_is_written_is_read_back(lock: ModelLock) -> None:
    text = lock.text()
    assert load_lock(text.encode(), "model.lock") == lock
    assert text.isascii()
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=1) + "\n"


def test_a_lock_of_nothing_is_three_lines() -> None:
    assert NOTHING.text() == '{\n "base": {},\n "data": {},\n "lock": 1\n}\n'


def test_every_problem_is_told_with_its_line_and_column() -> None:
    lines = (
        "{",
        ' "base": {"a:1": {"id": "sha256:12"}},',
        ' "data": {"u": {"sha256": "AB"}},',
        ' "more": 1',
        "}",
    )
    assert problems("\n".join(lines)) == [
        "1:1: lock is missing",
        '2:25: base."a:1".id must be sha256: and 64 hexadecimal digits, not `sha256:12`',
        "3:11: data.u.size is missing",
        "3:27: data.u.sha256 must be 64 hexadecimal digits, not `AB`",
        "4:2: unknown key `more`",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1:1: the file is empty"),
        ("[]", "1:1: a list at the top, where keys are needed"),
        ('{"lock": 1,\n "base": {', "2:10: this mapping is never closed"),
        ('{"lock": 1, "lock": 1}', "1:13: duplicate key `lock`: it is already at model.lock:1:2"),
        ('{"lock": "1"}', "1:10: lock must be a whole number, and quotes make it text"),
        ('{"lock": 1, "base": 3}', "1:21: base must be a mapping of names, not `3`"),
        ('{"lock": 1, "base": null}', "1:21: base must be a mapping of names, not nothing"),
        ('{\n "base": {\n<<<<<<< HEAD\n', "3:1: a merge conflict was left in this file"),
        (b"\xff", "1:1: byte 0 (0xff) is not UTF-8"),
    ],
)
def test_what_is_no_lock_is_refused(text: str | bytes, told: str) -> None:
    assert problems(text) == [told]


def test_a_format_of_another_time_is_named_and_nothing_else_is_said() -> None:
    assert problems('{"lock": 2, "weights": {}}') == [
        "1:10: lock `2` is a format that this version of modelspec does not know"
    ]


@given(st.binary(max_size=300) | LOCK.map(lambda lock: lock.text()[:-4].encode()))
def test_any_bytes_give_a_lock_or_diagnostics(content: bytes) -> None:
    with suppress(InputError):
        load_lock(content, "model.lock")


def test_a_hostile_lock_is_refused_in_no_time() -> None:
    started = time.process_time()
    for text in ('{"lock": 1, "base": ' + "[" * 5000, '{"lock": 1}' + " " * 2_000_000):
        with pytest.raises(InputError):
            load_lock(text.encode(), "model.lock")
    assert time.process_time() - started < 1
