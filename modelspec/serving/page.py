"""The try-it page: files in a folder that `modelspec serve` has and an image has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .contract import PAGE_ROUTE
from .mounts import MountError

if TYPE_CHECKING:
    from pathlib import Path

    from .exchange import Headers

    # Headers and content of one file.
    Page = tuple[Headers, bytes]

_HTML = "index.html"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing but its own files, and requests to this server.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Headers = [
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-cache"),
]


def pages(folder: Path) -> dict[str, Page]:
    """The files of the page, by path: headers and content.

    Raises:
        MountError: there is no such folder, or it cannot be read.
    """
    try:
        files = {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix in _TYPES}
    except OSError as error:
        raise MountError(f"the page in {folder} cannot be read: {error.strerror}") from None
    return {
        PAGE_ROUTE if name == _HTML else f"{PAGE_ROUTE}/{name}": (_headers(name), content)
        for name, content in files.items()
    }


def _headers(name: str) -> Headers:
    return [("content-type", _TYPES[name[name.rindex(".") :]]), *_HEADERS]
