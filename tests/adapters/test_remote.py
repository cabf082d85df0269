"""Remote data from a real web server: what is pinned comes back, and nothing else does."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelspec.adapters import remote
from modelspec.diagnostics import WorldError
from modelspec.spec.model_lock import DataPin
from tests.adapters.images.parts import missing
from tests.web import Web, certificate, cut, redirect, serving, silent, truncated

TABLE = b"x,y\n1,2\n3,4\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what was fetched is kept, for this test only."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "modelspec" / "data"


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as made:
        made.files["x.csv"] = TABLE
        yield made


def pin_of(content: bytes) -> DataPin:
    return DataPin(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def told(error: WorldError) -> tuple[str, str]:
    """Message and hint."""
    (problem,) = error.diagnostics
    return problem.message, problem.hint


def test_what_a_url_holds_is_looked_up_with_what_the_server_says_of_it(web: Web) -> None:
    found = remote.look(web.url("x.csv"))
    assert (found.sha256, found.size) == (pin_of(TABLE).sha256, len(TABLE))
    assert (found.etag, found.last_modified) == ('"one"', "Wed, 01 May 2024 12:00 GMT")


def test_a_server_that_answers_no_head_is_looked_up_all_the_same(web: Web) -> None:
    def only_get(handler: object) -> None:
        status = 200 if handler.command == "GET" else 501  # type: ignore[attr-defined]
        handler.reply(TABLE, status)  # type: ignore[attr-defined]

    web.behaviours["x.csv"] = only_get
    found = remote.look(web.url("x.csv"))
    assert (found.digest, found.etag) == (pin_of(TABLE).digest, None)


def test_what_is_pinned_is_fetched_once_and_then_read_without_a_network(web: Web) -> None:
    url, pin = web.url("x.csv"), pin_of(TABLE)
    assert remote.content(url, pin) == TABLE
    assert web.asked == ["GET x.csv"]
    web.files["x.csv"] = 500
    assert remote.content(url, pin) == TABLE
    assert remote.content("https://nowhere.invalid/other-name.csv", pin) == TABLE
    assert web.asked == ["GET x.csv"]


def test_what_was_looked_up_need_not_be_fetched_again(web: Web) -> None:
    pin = remote.look(web.url("x.csv"))
    web.files["x.csv"] = 500
    assert remote.content(web.url("x.csv"), pin) == TABLE


@pytest.mark.parametrize("damage", [b"", b"x,y\n1,2\n3,5\n"])
def test_a_copy_that_is_damaged_is_fetched_again(web: Web, cache: Path, damage: bytes) -> None:
    url, pin = web.url("x.csv"), pin_of(TABLE)
    remote.content(url, pin)
    (cache / pin.sha256).write_bytes(damage)
    assert remote.content(url, pin) == TABLE
    assert (cache / pin.sha256).read_bytes() == TABLE


def test_other_content_than_the_pinned_is_refused_with_both_digests(web: Web, cache: Path) -> None:
    pin, other = pin_of(TABLE), b"x,y\n1,2\n"
    web.files["x.csv"] = other
    with pytest.raises(WorldError) as caught:
        remote.content(web.url("x.csv"), pin)
    message, hint = told(caught.value)
    assert message == (
        f"{web.url('x.csv')} is not what model.lock pins: pinned is {pin.digest} (12 bytes), "
        f"found is {pin_of(other).digest} (8 bytes)"
    )
    assert "modelspec lock --upgrade data" in hint
    assert caught.value.exit_code == 6
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "is not there"),
        (410, "is not there"),
        (401, "may not be read with the credentials of this environment"),
        (403, "may not be read with the credentials of this environment"),
        (429, "is refused by its server with 429"),
        (503, "is refused by its server with 503"),
    ],
)
def test_what_a_server_refuses_is_told_in_words(
    web: Web, status: int, said: str, cache: Path
) -> None:
    web.files["x.csv"] = status
    for ask in (remote.look, lambda url: remote.content(url, pin_of(TABLE))):
        with pytest.raises(WorldError) as caught:
            ask(web.url("x.csv"))
        assert told(caught.value)[0] == f"{web.url('x.csv')} {said}"
    assert list(cache.iterdir()) == []


def test_a_transfer_that_ends_too_early_is_no_content(web: Web, cache: Path) -> None:
    web.behaviours["x.csv"] = truncated(TABLE)
    with pytest.raises(WorldError, match="broke off before it was all here"):
        remote.look(web.url("x.csv"))
    assert list(cache.iterdir()) == []


def test_a_server_that_hangs_up_is_told(web: Web) -> None:
    web.behaviours["x.csv"] = cut
    with pytest.raises(WorldError, match="broke off before it was all here"):
        remote.look(web.url("x.csv"))


def test_a_server_that_is_silent_is_waited_for_only_so_long(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "SILENCE_SECONDS", 0.2)
    web.behaviours["x.csv"] = silent
    started = time.monotonic()
    with pytest.raises(WorldError, match="does not answer in time"):
        remote.look(web.url("x.csv"))
    assert time.monotonic() - started < 4


def test_a_server_that_is_not_there_is_told_with_where_copies_are(cache: Path) -> None:
    for url, said in (
        ("http://127.0.0.1:1/x.csv", "nothing answers there"),
        ("https://nowhere.invalid/x.csv", "its host is not known"),
    ):
        with pytest.raises(WorldError) as caught:
            remote.content(url, pin_of(TABLE))
        message, hint = told(caught.value)
        assert message == f"{url} cannot be reached: {said}"
        assert str(cache) in hint


def test_a_redirect_is_followed_within_a_server(web: Web) -> None:
    web.behaviours["old.csv"] = redirect("/x.csv")
    assert remote.look(web.url("old.csv")).digest == pin_of(TABLE).digest


def test_a_redirect_to_another_server_without_tls_is_not_followed(web: Web) -> None:
    with serving() as other:
        other.files["x.csv"] = TABLE
        web.behaviours["x.csv"] = redirect(other.url("x.csv"))
        with pytest.raises(WorldError, match="leads on to a place that is not encrypted"):
            remote.look(web.url("x.csv"))
        assert other.asked == []


def test_redirects_without_end_are_told(web: Web) -> None:
    web.behaviours["x.csv"] = redirect("/x.csv")
    with pytest.raises(WorldError, match="leads from one place to the next without end"):
        remote.look(web.url("x.csv"))


def test_the_secrets_of_where_a_redirect_leads_are_not_shown(web: Web) -> None:
    web.behaviours["x.csv"] = redirect("/y.csv?X-Amz-Signature=s3cr3t")
    web.behaviours["y.csv?X-Amz-Signature=s3cr3t"] = redirect("https://u:s3cr3t@127.0.0.1:1/z")
    with pytest.raises(WorldError) as caught:
        remote.look(web.url("x.csv"))
    assert "s3cr3t" not in str(caught.value)
    assert "cannot be reached" in str(caught.value)


def test_a_page_that_asks_to_log_in_is_not_taken_for_a_table(web: Web, cache: Path) -> None:
    web.files["x.csv"] = b"\n <!DOCTYPE HTML><title>Log in</title>"
    with pytest.raises(WorldError, match="is a web page, not a table"):
        remote.look(web.url("x.csv"))
    assert list(cache.iterdir()) == []


def test_what_is_too_large_is_given_up_on_the_way(
    web: Web, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "LARGEST", 11)
    with pytest.raises(WorldError, match="is larger than"):
        remote.look(web.url("x.csv"))
    assert list(cache.iterdir()) == []


def test_content_is_what_is_stored_and_not_how_it_was_packed_for_the_way(web: Web) -> None:
    accepted: list[str] = []

    def answer(handler: object) -> None:
        accepted.append(handler.headers["Accept-Encoding"])  # type: ignore[attr-defined]
        handler.reply(TABLE, 200)  # type: ignore[attr-defined]

    web.behaviours["x.csv"] = answer
    remote.look(web.url("x.csv"))
    assert set(accepted) == {"identity"}


def test_a_login_comes_from_the_users_netrc(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password s3cr3t\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    def answer(handler: object) -> None:
        known = handler.headers["Authorization"] == "Basic YWRhOnMzY3IzdA=="  # type: ignore[attr-defined]
        handler.reply(TABLE, 200 if known else 401)  # type: ignore[attr-defined]

    web.behaviours["x.csv"] = answer
    assert remote.look(web.url("x.csv")).digest == pin_of(TABLE).digest


def test_a_certificate_that_nobody_vouches_for_is_refused_until_it_is_trusted(
    tmp_path: Path,
) -> None:
    try:
        made = certificate(tmp_path)
    except FileNotFoundError:
        missing("openssl")
    with serving(made) as web:
        web.files["x.csv"] = TABLE
        with pytest.raises(WorldError) as caught:
            remote.look(web.url("x.csv"))
        message, hint = told(caught.value)
        assert message == f"{web.url('x.csv')} has a TLS certificate that is not trusted"
        assert "SSL_CERT_FILE" in hint
        ask = f"from modelspec.adapters import remote; print(remote.look({web.url('x.csv')!r}))"
        done = subprocess.run(  # aiohttp reads the variable once in a process
            [sys.executable, "-c", ask],
            env={**os.environ, "SSL_CERT_FILE": str(made)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert pin_of(TABLE).sha256 in done.stdout


@pytest.mark.parametrize(
    ("url", "package"),
    [
        ("s3://bucket/x.csv", "s3fs"),
        ("gs://bucket/x.csv", "gcsfs"),
        ("abfs://box@a/x.csv", "adlfs"),
    ],
)
def test_a_store_whose_package_is_not_installed_names_it(url: str, package: str) -> None:
    try:
        __import__(package)
    except ImportError:
        with pytest.raises(WorldError) as caught:
            remote.look(url)
        assert told(caught.value)[1] == f"pip install {package}"


def test_leftovers_of_killed_runs_are_removed_once_they_are_old(web: Web, cache: Path) -> None:
    cache.mkdir(parents=True)
    for name, age in (("old.part", 90_000), ("new.part", 60)):
        (cache / name).write_bytes(b"x")
        os.utime(cache / name, (time.time() - age,) * 2)
    remote.look(web.url("x.csv"))
    assert {path.name for path in cache.iterdir()} == {"new.part", pin_of(TABLE).sha256}


def test_a_cache_that_cannot_be_written_is_one_message(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(WorldError, match="cannot write .*/file"):
        remote.look(web.url("x.csv"))
