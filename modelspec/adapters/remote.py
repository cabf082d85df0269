"""Data outside of git: fetched once by URL, kept by digest, and checked each time it is read.

fsspec brings the schemes; those of object stores need the user's own package (s3fs, gcsfs,
adlfs), and find credentials as its command line does. No message shows one.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

from modelspec.adapters.files import sync, user_cache, wrap_os_errors
from modelspec.adapters.remote_failures import TooLarge, Unsafe, explained
from modelspec.diagnostics import Diagnostic, WorldError
from modelspec.spec.model_lock import DataPin

LARGEST = 2_000_000_000  # bytes; a table is read into memory
CONNECT_SECONDS = 15
SILENCE_SECONDS = 60
_PART = ".part"
_A_DAY = 86_400
_PAGE = (b"<!doctype html", b"<html")


def content(url: str, pin: DataPin) -> bytes:
    """The content that a URL is pinned to: from the cache, else fetched.

    Raises:
        WorldError: it cannot be had, or what is there is something else by now.
    """
    kept = _folder() / pin.sha256
    with suppress(OSError):
        found = kept.read_bytes()
        if hashlib.sha256(found).hexdigest() == pin.sha256:
            return found
    with _fetched(url) as part:
        sha256 = _sha256(part)
        if sha256 != pin.sha256:
            raise WorldError(_moved(url, pin, sha256, part.stat().st_size))
        _keep(part, kept)
    with wrap_os_errors(kept):
        return kept.read_bytes()


def look(url: str) -> DataPin:
    """What a URL holds now; the content is kept, so that it need not be fetched again.

    Raises:
        WorldError: it cannot be had, or is a page for people.
    """
    with _fetched(url) as part:
        with part.open("rb") as file:
            if file.read(200).lstrip().lower().startswith(_PAGE):
                hint = "open it in a browser: it may ask to log in, or lead to the real address"
                raise WorldError(Diagnostic(f"{url} is a web page, not a table", hint=hint))
        sha256, size = _sha256(part), part.stat().st_size
        _keep(part, _folder() / sha256)
    return DataPin(sha256=sha256, size=size, **_told(url))


def _folder() -> Path:
    return user_cache() / "data"


def _moved(url: str, pin: DataPin, sha256: str, size: int) -> Diagnostic:
    return Diagnostic(
        f"{url} is not what model.lock pins: pinned is {pin.digest} ({pin.size:,} bytes), "
        f"found is sha256:{sha256} ({size:,} bytes)",
        hint="bring the old content back; or take the new one: modelspec lock --upgrade data, "
        "and commit",
    )


@contextmanager
def _fetched(url: str) -> Iterator[Path]:
    """The content of a URL in a file that is gone afterwards, unless it was moved away."""
    folder = _folder()
    with wrap_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=_PART, delete=False) as file:
            part = Path(file.name)
    try:
        try:
            with _without_logs():
                _fetch(url, part)
        except Exception as error:  # noqa: BLE001  (each store raises exceptions of its own)
            raise explained(error, url, folder) from None
        yield part
    finally:
        part.unlink(missing_ok=True)


def _fetch(url: str, part: Path) -> None:
    system, path = _system(url)
    if not _is_web(url):  # libraries of stores ask again and again, for minutes in all
        system.info(path, timeout=SILENCE_SECONDS)
    system.get_file(path, str(part), callback=_counter())


@contextmanager
def _without_logs() -> Iterator[None]:
    """Keep libraries from telling a failure with a traceback: it is told once, in our words."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)


def _sweep(folder: Path) -> None:
    """Remove what runs left behind that were killed while they fetched."""
    for path in folder.glob(f"*{_PART}"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - _A_DAY:
                path.unlink()


def _keep(part: Path, kept: Path) -> None:
    with wrap_os_errors(kept):
        part.chmod(0o644)
        part.replace(kept)
        sync(kept.parent)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    import fsspec

    if _is_web(url):
        system, path = fsspec.url_to_fs(url, skip_instance_cache=True, **_http())
        return system, path
    system, path = fsspec.url_to_fs(url, skip_instance_cache=True)
    return system, unquote(path)


def _is_web(url: str) -> bool:
    return url.startswith(("http:", "https:"))


def _http() -> Mapping[str, Any]:
    import aiohttp

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_check_redirect)
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS
    )
    session = {"timeout": timeout, "trace_configs": [trace], "trust_env": True}
    # What is stored is what is pinned, not how a server packs it for the way.
    return {"client_kwargs": session, "headers": {"Accept-Encoding": "identity"}}


async def _check_redirect(_session: object, _context: object, asked: Any) -> None:
    """Follow a server to wherever TLS is spoken, else only within itself."""
    here = str(asked.url)
    target = urljoin(here, asked.response.headers.get("Location", ""))
    if not target.startswith("https://") and urljoin(target, "/") != urljoin(here, "/"):
        raise Unsafe


def _counter() -> Any:
    """Counts the bytes that come in, and ends the transfer where they are too many."""
    from fsspec.callbacks import Callback

    class Counter(Callback):  # type: ignore[misc]
        def relative_update(self, inc: int = 1) -> None:
            super().relative_update(inc)
            if self.value > LARGEST:
                raise TooLarge

    return Counter()


def _told(url: str) -> dict[str, str]:
    """What a server says of the content besides: for people, so it may as well say nothing."""
    names = {"etag": "etag", "lastmodified": "last_modified", "updated": "last_modified"}
    told: dict[str, str] = {}
    with suppress(Exception), _without_logs():
        system, path = _system(url)
        for key, value in system.info(path).items():
            name = names.get(key.lower().replace("-", "").replace("_", ""))
            text = str(value)
            if name and text.isascii() and text.isprintable() and len(text) <= 200:
                told[name] = text
    return told
