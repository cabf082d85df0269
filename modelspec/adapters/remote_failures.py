"""Why data could not be fetched, in one sentence, whatever library found out."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from urllib.parse import urlsplit

from modelspec.diagnostics import Diagnostic, WorldError

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "abfs": "adlfs"}
"""What the user installs for the scheme of a URL; the others need nothing but fsspec."""
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
_SECRETS = re.compile(r"(?<=://)[^/@\s]+@|(?<=\S)\?\S+")

_DENIED = "may not be read with the credentials of this environment"
_UNREACHABLE = "cannot be reached"
_BROKEN = "broke off before it was all here"
# Names of exceptions, since importing the libraries only to name their exceptions takes long.
# The first that an exception or a class above it has is taken.
_MEANINGS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("Unsafe",), "leads on to a place that is not encrypted or not its own", "write the real URL"),
    (("TooLarge",), "is larger than 2 GB", "a table is read into memory: take a part of it"),
    (("TooManyRedirects",), "leads from one place to the next without end", ""),
    (("FileNotFoundError", "NoSuchBucket"), "is not there", ""),
    (("PermissionError", "NoCredentialsError", "ClientAuthenticationError"), _DENIED, "{log_in}"),
    (
        ("ClientSSLError", "ClientConnectorCertificateError", "SSLError"),
        "has a TLS certificate that is not trusted",
        "if you trust its authority, name a file with its certificate in SSL_CERT_FILE",
    ),
    (("TimeoutError", "ReadTimeoutError", "ConnectTimeoutError"), "does not answer in time", ""),
    (("ClientPayloadError", "IncompleteReadError", "IncompleteRead"), _BROKEN, "try again"),
    (("ServerDisconnectedError", "ConnectionResetError"), _BROKEN, "try again"),
    (("ClientConnectorDNSError",), f"{_UNREACHABLE}: its host is not known", "{cache}"),
    (
        ("ClientConnectorError", "EndpointConnectionError", "ConnectionError"),
        f"{_UNREACHABLE}: nothing answers there",
        "{cache}",
    ),
)
_LOG_IN = {
    "https": "let ~/.netrc hold a login for {host}",
    "s3": "log in as for the AWS command line (AWS_PROFILE, aws configure)",
    "gs": "log in as for gcloud (gcloud auth application-default login)",
    "abfs": "log in as for the Azure command line (az login)",
}


class Unsafe(Exception):
    """A redirect that is not followed."""


class TooLarge(Exception):
    """More came in than is read."""


def explained(error: Exception, url: str, cache: Path) -> WorldError:
    """A failure of a transfer as one message, without the secrets of a URL.

    Args:
        error: of fsspec, or of the library below it.
        url: as the spec has it.
        cache: where what was fetched is kept.
    """
    scheme = url.partition("://")[0]
    if isinstance(error, WorldError):
        return error
    if isinstance(error, ImportError):
        package = PACKAGES.get(scheme)
        hint = f"pip install {package}" if package else "pip install 'modelspec[remote]'"
        return WorldError(
            Diagnostic(f"reading {scheme}:// needs a package that is not installed", hint=hint)
        )
    if isinstance(error, OSError) and error.errno in _DISK:
        return WorldError(f"cannot write {cache}: {str(error.strerror).lower()}")
    said, hint = _meaning(error)
    host = urlsplit(url).hostname or ""
    hint = hint.format(
        log_in=_LOG_IN.get(scheme, _LOG_IN["https"]).format(host=host),
        cache=f"what was fetched once is read from {cache} without a network",
    )
    return WorldError(Diagnostic(f"{url} {said}", hint=hint))


def _meaning(error: Exception) -> tuple[str, str]:
    """What an exception says, and what to do."""
    status = getattr(error, "status", None)
    if status in (401, 403):
        return _DENIED, "{log_in}"
    if status in (404, 410):
        return "is not there", ""
    names = [kind.__name__ for kind in type(error).__mro__]
    for known, said, hint in _MEANINGS:
        if any(name in known for name in names):
            return said, hint
    if isinstance(status, int):
        return f"is refused by its server with {status}", ""
    text = " ".join(_SECRETS.sub("", str(error)).split())[:200]
    return f"cannot be read: {type(error).__name__} {text}".rstrip(), ""
