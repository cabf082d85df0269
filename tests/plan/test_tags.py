from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.plan.tags import Version, message, parse, split_ref

VERSIONS = st.builds(Version, *[st.integers(0, 999_999_999)] * 3)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    LEAVES | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
RECORDS = st.dictionaries(st.text(), VALUES, min_size=1, max_size=5)
PARAGRAPHS = st.text(st.characters(exclude_categories=["Cs"])).filter(
    lambda text: "{" not in text.strip().splitlines()
)
SIGNATURE = (
    b"-----BEGIN PGP SIGNATURE-----\n\niQEzBAABCAAdFiEE{}+/\n=AbCd\n-----END PGP SIGNATURE-----\n"
)


@given(PARAGRAPHS, RECORDS)
def test_what_a_message_says_is_read_back(paragraph: str, record: dict[str, object]) -> None:
    assert parse(message(paragraph, record)) == record


@given(RECORDS)
def test_a_signature_behind_the_record_is_not_read(record: dict[str, object]) -> None:
    assert parse(message("churn 1.0.0", record) + SIGNATURE) == record


@given(st.binary())
def test_any_bytes_are_a_record_or_none(content: bytes) -> None:
    assert isinstance(parse(content), dict | None)


@given(st.binary(), st.binary())
def test_any_bytes_in_place_of_the_record_are_a_record_or_none(a: bytes, b: bytes) -> None:
    assert isinstance(parse(b"x\n\n{\n" + a + b"\n}\n" + b), dict | None)


@given(RECORDS, st.data())
def test_a_torn_message_is_never_another_record(
    record: dict[str, object], data: st.DataObject
) -> None:
    whole = message("churn", record)
    torn = whole[: data.draw(st.integers(0, len(whole)))]
    assert parse(torn) in (None, record)


def test_the_message_is_a_paragraph_and_sorted_ascii_json() -> None:
    said = message("churn 1.0.0\n\nFine.\n", {"b": {"z": 1, "a": "é"}, "a": 0.5})
    assert said == (
        b'churn 1.0.0\n\nFine.\n\n{\n "a": 0.5,\n "b": {\n  "a": "\\u00e9",\n  "z": 1\n }\n}\n'
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_record_with_a_number_that_is_not_finite_is_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        message("churn", {"metrics": {"roc_auc": value}})


@pytest.mark.parametrize("paragraph", ["{", "a\n{\nb", "  {"])
def test_a_paragraph_that_looks_like_the_record_is_refused(paragraph: str) -> None:
    with pytest.raises(ValueError, match="no line"):
        message(paragraph, {"record": 1})


def test_an_empty_record_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        message("churn", {})


@pytest.mark.parametrize(
    "body",
    [
        "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "[", '"', "01", "'a'", "9" * 5000,
        "[" * 100_000 + "]" * 100_000,
    ],
)  # fmt: skip
def test_an_unreadable_record_is_none(body: str) -> None:
    assert parse(f'churn\n\n{{\n "a": {body}\n}}\n'.encode()) is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"}\n{\n", b"just words\n", b'{"record": 1}\n', b"\xff\xfe{\n}\n"]
)
def test_a_message_without_a_record_is_none(content: bytes) -> None:
    assert parse(content) is None


def test_words_in_another_encoding_do_not_hide_the_record() -> None:
    assert parse(b'mod\xe8le\n\n{\n "record": 1\n}\n') == {"record": 1}


def test_the_record_stands_alone_as_json() -> None:
    said = message("churn", {"record": 1}).decode()
    assert json.loads(said[said.index("\n{\n") :]) == {"record": 1}


@given(VERSIONS)
def test_a_version_is_read_as_it_is_written(version: Version) -> None:
    assert Version.parse(str(version)) == version
    assert split_ref(f"refs/tags/churn/v{version}") == ("churn", version)


@given(st.lists(VERSIONS))
def test_versions_are_ordered_as_numbers(versions: list[Version]) -> None:
    numbers = sorted([v.major, v.minor, v.patch] for v in versions)
    assert [[v.major, v.minor, v.patch] for v in sorted(versions)] == numbers


def test_ten_comes_after_nine() -> None:
    assert Version.parse("1.10.0") > Version.parse("1.9.9")


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.0", "1.0.0.0", "v1.0.0", "01.0.0", "1.0.0\n", " 1.0.0", "1.0.-1", "1.0.0-rc1",
     "1.0.٣", "1.0.1234567890", "--exec=x"],
)  # fmt: skip
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        Version.parse(text)


@pytest.mark.parametrize(
    "ref",
    ["refs/tags/v1.0.0", "refs/heads/churn/v1.0.0", "refs/tags/churn/1.0.0", "refs/tags/churn/v1",
     "refs/tags/churn/x/v1.0.0", "refs/tags/-d/v1.0.0", "refs/tags/Churn/v1.0.0",
     "refs/tags/churn/v1.0.0\n", "refs/tags/churn/v1.0.0.lock"],
)  # fmt: skip
def test_other_refs_name_no_release(ref: str) -> None:
    assert split_ref(ref) is None
