"""URLs of data: one object of a store that is known, and no secret in it or in what is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import InputError
from modelspec.spec.load import load
from modelspec.spec.paths import _source
from modelspec.spec.scalar import Wrong
from modelspec.spec.urls import is_url

SPEC = """\
apiVersion: modelspec/v1
kind: Model
metadata: {name: churn}
task: regression
data: {source: SOURCE, target: y}
model: {type: linear}
"""
SECRET = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="@"),
    min_size=8,
    max_size=20,
)


def refused(url: str) -> Wrong:
    with pytest.raises(Wrong) as caught:
        _source(url)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/x.csv",
        "https://example.org:8443/a/b%20c.CSV",
        "https://data.example.org/2024/01/x%402.csv",
        "s3://bucket/key.csv",
        "gs://a-bucket.of-ours/a/b.csv",
        "abfs://box/x.csv",
        "abfs://box@account.dfs.core.windows.net/x.csv",
        "http://127.0.0.1:8000/x.csv",
        "http://localhost/x.csv",
    ],
)
def test_a_url_of_one_table_is_taken_as_it_is(url: str) -> None:
    assert _source(url) == url
    spec = load(SPEC.replace("SOURCE", url).encode(), "model.yaml").spec
    assert spec.data.source == url
    assert spec.data.remote


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("HTTPS://example.org/x.csv", "a scheme that is not known", "write https"),
        ("htps://example.org/x.csv", "a scheme that is not known", "did you mean `https`?"),
        ("simplecache::https://h/x.csv", "a scheme that is not known", "known: https"),
        ("file:///x.csv", "not a file: URL", "a path relative to this file"),
        ("http://example.org/x.csv", "over a network unencrypted", "write https://example.org"),
        ("http://127.0.0.1.nip.io/x.csv", "over a network unencrypted", "write https://"),
        ("https://u@example.org/x.csv", "must not hold a user or password", "~/.netrc"),
        ("s3://key:secret@bucket/x.csv", "must not hold a user or password", "AWS"),
        ("abfs://box:key@account/x.csv", "must not hold a user or password", "Azure"),
        ("https://example.org/x.csv?v=1", "without ? or #", "can hold a token"),
        ("https://example.org/x.csv#a", "without ? or #", "can hold a token"),
        ("https:///x.csv", "must name a host behind https://", ""),
        ("https://-x/x.csv", "must name a host behind https://, not `-x`", ""),
        ("s3://Bucket/x.csv", "must name a bucket", ""),
        ("https://example.org", "must have a path", ""),
        (
            "https://example.org/a b.csv",
            "must not contain ` ` unencoded",
            "write https://example.org/a%20b.csv",
        ),
        (
            "https://example.org/ü.csv",
            "must not contain `ü` unencoded",
            "write https://example.org/%C3%BC.csv",
        ),
        (
            "https://example.org/%zz.csv",
            "must not contain `%` unencoded",
            "write https://example.org/%25zz.csv",
        ),
        ("https://example.org/a/../x.csv", "must not contain . or ..", ""),
        ("https://example.org/*.csv", "is a glob", "one .csv file"),
        ("https://h/x.csv::s3://b/x.csv", "not a chain of them", ""),
        ("https://example.org/x.parquet", "is a .parquet file, which is not supported", ""),
        ("https://example.org/data/", "is a folder, which is not supported", ""),
        ("https://example.org/x", "must name a .csv file", ""),
        (f"https://example.org/{'x' * 1000}.csv", "longer than 1000 characters", ""),
    ],
)
def test_what_is_no_url_of_one_table_is_refused(url: str, message: str, hint: str) -> None:
    wrong = refused(url)
    assert message in wrong.message
    assert hint in wrong.hint


@pytest.mark.parametrize("place", ["ada:{}@example.org/x.csv", "example.org/x.csv?key={}"])
@pytest.mark.parametrize("scheme", ["https", "s3", "ftp", "abfs"])
@given(secret=SECRET)
def test_a_secret_is_never_shown(scheme: str, place: str, secret: str) -> None:
    """What is said does not depend on it."""

    def said(secret: str) -> str:
        quoted = f"{scheme}://{place.format(secret)}".replace("'", "''")
        with pytest.raises(InputError) as caught:
            load(SPEC.replace("SOURCE", f"'{quoted}'").encode(), "model.yaml")
        return str(caught.value)

    assert said(secret) == said("x" * 8)


@given(st.text(max_size=60).map(lambda text: f"https://{text}.csv") | st.text(max_size=40))
def test_any_text_is_a_source_or_refused(text: str) -> None:
    try:
        assert _source(text) == text
    except Wrong:
        return
    assert text.isprintable()
    if is_url(text):
        assert text.isascii()
        assert " " not in text
