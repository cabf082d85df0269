"""Requests to one registry: where it is, who asks, and again after what may pass.

`requests` is the client because the Docker SDK brings it; nothing here needs what httpx or
aiohttp would add.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from io import IOBase
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3

from modelspec.adapters.engine import one_line, sentence
from modelspec.adapters.registry_auth import LOOPBACK, Login, authorization, login
from modelspec.diagnostics import Diagnostic, WorldError

T = TypeVar("T")

TRIES = 4
_TIMEOUT = (10.0, 300.0)  # seconds to connect, and of silence
_PAUSE = 0.3  # seconds before the second try, doubled before each further one
_LONGEST_PAUSE = 30.0
_PASSES = frozenset((408, 429, 500, 502, 503, 504))
_CERTIFICATES = Path("/etc/docker/certs.d")
_HOSTS = {"docker.io": "registry-1.docker.io"}


class LostError(Exception):
    """The connection or the server gave up: it may work the next time.

    Attributes:
        pause: seconds that the server wants to be left alone.
    """

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = min(pause, _LONGEST_PAUSE)


class Connection:
    """A registry as HTTP has it. `host` is `host[:port]` as in names of images."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._session = requests.Session()
        self._session.auth = lambda request: request  # nothing from .netrc
        self._address = ""
        self._login: Login | None = None
        self._headers: dict[tuple[str, bool], str] = {}

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def ask(
        self,
        method: str,
        repository: str,
        path: str,
        *,
        allowed: tuple[int, ...] = (),
        tries: int = TRIES,
        **options: Any,
    ) -> requests.Response:
        """One request, again after what may pass.

        Args:
            method: of HTTP.
            repository: that it is about.
            path: below the repository, or the whole URL of an upload.
            allowed: codes above 399 that are answers too.
            tries: how often in all; with one, what may pass is a `LostError`.
            options: of `requests`.

        Raises:
            WorldError: the registry refuses or does not answer.
        """
        url = path if "://" in path else f"{self._base()}/v2/{repository}/{path}"

        def once() -> requests.Response:
            answer = self._authorized(method, repository, url, options)
            code = answer.status_code
            if code in _PASSES:
                pause = answer.headers.get("Retry-After", "")
                raise LostError(f"it answers {code}", float(pause) if pause.isdecimal() else 0.0)
            if code >= 400 and code not in allowed:
                raise self._refusal(method, repository, answer)
            return answer

        return once() if tries == 1 else self.again(once)

    def greet(self, seconds: float) -> None:
        """Ask once whether it is there, and takes what `docker login` left.

        Args:
            seconds: the longest that it may say nothing.

        Raises:
            WorldError: it is not there, or does not.
        """
        try:
            answer = self._authorized("GET", "", f"{self._base()}/v2/", {"timeout": seconds})
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise WorldError(f"{self.host} cannot be reached: {sentence(error)}") from None
        if answer.status_code >= 400:
            said = f"{self.host} answers {answer.status_code} {one_line(answer.reason or '')}"
            denied = answer.status_code in (401, 403)
            hint = f"docker login {self.host}" if denied else ""
            raise WorldError(Diagnostic(said.rstrip(), hint=hint))

    def again(self, action: Callable[[], T]) -> T:
        """Do something that can go on where it broke off, several times if need be.

        Raises:
            WorldError: it broke off each time.
        """
        for attempt in range(TRIES):
            try:
                return action()
            except (LostError, requests.RequestException, urllib3.exceptions.HTTPError) as error:
                if attempt + 1 == TRIES:
                    why = sentence(error)
                    raise WorldError(f"the registry {self.host} was lost: {why}") from None
                time.sleep(max(_PAUSE * 2**attempt, getattr(error, "pause", 0.0)))
        raise AssertionError(TRIES)

    def _authorized(
        self, method: str, repository: str, url: str, options: dict[str, Any]
    ) -> requests.Response:
        """A request with what the registry wants to know about who asks."""
        body, scope = options.get("data"), (repository, method not in ("GET", "HEAD"))
        start = body.tell() if isinstance(body, IOBase) else 0
        answer = self._send(method, url, scope, options)
        if answer.status_code == 401 and self._authorize(scope, answer):
            if isinstance(body, IOBase):
                body.seek(start)
            answer = self._send(method, url, scope, options)
        return answer

    def _send(
        self, method: str, url: str, scope: tuple[str, bool], options: dict[str, Any]
    ) -> requests.Response:
        headers = dict(options.get("headers", {}))
        ours = urlsplit(url)[:2] == urlsplit(self._base())[:2]
        if self._headers.get(scope) and ours:  # an upload may go to another host
            headers["Authorization"] = self._headers[scope]
        rest = {"timeout": _TIMEOUT, **options, "headers": headers}
        return self._session.request(method, url, allow_redirects=True, **rest)

    def _authorize(self, scope: tuple[str, bool], answer: requests.Response) -> bool:
        """Whether there is an answer to a challenge that was not tried yet."""
        if self._login is None:
            self._login = login(self.host)
        challenge = answer.headers.get("WWW-Authenticate", "")
        before = self._headers.get(scope)
        header = authorization(challenge, self._login, self._session, _TIMEOUT)
        self._headers[scope] = header
        return bool(header) and header != before

    def _refusal(self, method: str, repository: str, answer: requests.Response) -> WorldError:
        try:
            errors = answer.json()["errors"]
            said = "; ".join(str(error.get("message") or error.get("code")) for error in errors)
        except (ValueError, LookupError, TypeError, AttributeError):
            said = answer.reason or ""
        doing = "reading" if method in ("GET", "HEAD") else "writing"
        text = f"{doing} {self.host}/{repository}: {answer.status_code} {one_line(said)}"
        denied = answer.status_code in (401, 403)
        hint = f"docker login {self.host}, as someone who may do that" if denied else ""
        return WorldError(Diagnostic(text.rstrip(), hint=hint))

    def _base(self) -> str:
        """The beginning of its URLs: TLS, unless it is on this machine and does not have it."""
        if self._address:
            return self._address
        host = _HOSTS.get(self.host, self.host)
        certificates = _CERTIFICATES / self.host / "ca.crt"
        if certificates.is_file():  # as the engine does
            self._session.verify = str(certificates)
        self._address = f"https://{host}"
        if LOOPBACK.fullmatch(host):
            self._session.trust_env = False  # no proxy
            try:
                self._session.get(f"{self._address}/v2/", timeout=_TIMEOUT).close()
            except requests.RequestException:
                self._address = f"http://{host}"
        return self._address
