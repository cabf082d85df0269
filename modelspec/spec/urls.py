"""The grammar of URLs of data: one object of one store, and nothing that only some may know."""

from __future__ import annotations

import re

from modelspec.spec.scalar import Wrong, show
from modelspec.spec.suggest import did_you_mean

SCHEMES = ("https", "s3", "gs", "abfs")
LONGEST = 1000  # characters; a key of JSON that is YAML too must be shorter than 1024
_LABEL = r"[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?"
_HOST = rf"{_LABEL}(\.{_LABEL})*(:[0-9]{{1,5}})?"
_BUCKET = r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]"
_THIS_MACHINE = r"(localhost|127\.0\.0\.1)(:[0-9]{1,5})?"
_PLACES = {
    "https": (_HOST, "a host"),
    "http": (_THIS_MACHINE, "this machine"),
    "s3": (_BUCKET, "a bucket"),
    "gs": (_BUCKET, "a bucket"),
    "abfs": (rf"{_BUCKET}(@{_HOST})?", "a container, or container@account.dfs.core.windows.net"),
}
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()+,;=:/-]|%[0-9a-fA-F]{2})+")
_TO_ENCODE = re.compile(r"[^A-Za-z0-9._~!$&'()+,;=:/%-]|%(?![0-9a-fA-F]{2})")
_WAY = "git shows it to everybody; the credentials of your environment are used, those of "
_HELPERS = {
    "https": "~/.netrc",
    "http": "~/.netrc",
    "s3": "the AWS command line",
    "gs": "gcloud",
    "abfs": "the Azure command line",
}


def is_url(source: str) -> bool:
    """Whether a source of data lies outside of the repository."""
    return "://" in source


def checked_url(value: str) -> str:
    """A URL as it was written.

    Raises:
        Wrong: what it must not be. Where it may hold a secret, nothing of it is shown.
    """
    scheme, _, rest = value.partition("://")
    place, _, path = rest.partition("/")
    way = _WAY + _HELPERS.get(scheme, "~/.netrc")
    if len(value) > LONGEST:
        raise Wrong(f"is longer than {LONGEST} characters", secret=True)
    # Passwords may hold anything, so that no @ is taken for a part of the path.
    before, at, after = rest.partition("@")
    if at and (scheme != "abfs" or "@" in after or not re.fullmatch(_BUCKET, before)):
        raise Wrong("must not hold a user or password", way, secret=True)
    if "?" in rest or "#" in rest:
        hint = f"a query can hold a token, and {way}"
        raise Wrong("must end with its path, without ? or #", hint, secret=True)
    if scheme not in _PLACES:
        lower = scheme.lower()
        hint = f"write {lower}" if lower in _PLACES else did_you_mean(scheme, SCHEMES)
        raise Wrong(f"has a scheme that is not known: {show(scheme)}", hint)
    _check_place(scheme, place, value)
    if not _PATH.fullmatch(path) or "::" in path:
        _refuse_path(path, value)
    parts = path.split("/")
    if "." in parts or ".." in parts:
        raise Wrong(f"must not contain . or .. as a part of its path: {show(value)}")
    return value


def _check_place(scheme: str, place: str, value: str) -> None:
    pattern, meaning = _PLACES[scheme]
    if re.fullmatch(pattern, place):
        return
    if scheme == "http":
        hint = f"write https://{value.partition('://')[2]}"
        raise Wrong(f"must not go over a network unencrypted: {show(value)}", hint)
    but = f", not {show(place)}" if place else ""
    raise Wrong(f"must name {meaning} behind {scheme}://{but}")


def _refuse_path(path: str, value: str) -> None:
    if re.search(r"[*\[\]{}]", path):
        raise Wrong("is a glob, which is not supported yet", "write the URL of one .csv file")
    if not path:
        raise Wrong(f"must have a path behind the host: {show(value)}")
    if "::" in path:
        raise Wrong(f"must be one URL, not a chain of them: {show(value)}")
    wrong = _TO_ENCODE.search(path)
    character = wrong[0] if wrong else path
    better = value.removesuffix(path) + _TO_ENCODE.sub(_encoded, path)
    raise Wrong(f"must not contain {show(character)} unencoded", f"write {better}")


def _encoded(character: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in character[0].encode("utf-8", "replace"))
