"""What is asked of a store, run by a Python that has s3fs and moto: `python s3.py PORT CACHE`."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable

import fsspec

from modelspec.adapters import remote
from modelspec.diagnostics import WorldError
from modelspec.spec.model_lock import DataPin

TABLE = b"x,y\n1,2\n" * 100_000


def refusal(ask: Callable[[str], object], url: str) -> str:
    """What is said instead of an answer; the credentials are never part of it."""
    try:
        found = ask(url)
    except WorldError as error:
        assert os.environ.get("AWS_SECRET_ACCESS_KEY", "-") not in str(error)
        return str(error)
    raise AssertionError(found)


def main(port: str, cache: str) -> None:
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
    store = fsspec.filesystem("s3")
    for _ in range(100):
        try:
            store.mkdir("bucket")
            break
        except Exception:  # noqa: BLE001  (the server is starting)
            time.sleep(0.2)
    store.pipe("bucket/a b/x.csv", TABLE)

    pin = remote.look("s3://bucket/a%20b/x.csv")
    assert pin.size == len(TABLE)
    assert pin.etag
    assert pin.last_modified
    assert remote.content("s3://bucket/a%20b/x.csv", pin) == TABLE
    for url in ("s3://bucket/nothing.csv", "s3://no-bucket/x.csv"):
        assert refusal(remote.look, url) == f"{url} is not there"

    shutil.rmtree(cache)
    store.pipe("bucket/a b/x.csv", b"x,y\n")

    def content(url: str, pin: DataPin = pin) -> bytes:
        return remote.content(url, pin)

    moved = refusal(content, "s3://bucket/a%20b/x.csv")
    assert f"pinned is {pin.digest}" in moved
    assert "(4 bytes)" in moved

    os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    assert "cannot be reached" in refusal(remote.look, "s3://bucket/x.csv")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del os.environ[name]
    assert "may not be read with the credentials" in refusal(remote.look, "s3://bucket/x.csv")


if __name__ == "__main__":
    main(*sys.argv[1:])
