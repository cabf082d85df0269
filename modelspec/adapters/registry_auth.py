"""Who we are to a registry: what `docker login` left, and the tokens that it is exchanged for."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import docker.auth
import requests
from docker.errors import DockerException

from modelspec.diagnostics import WorldError

LOOPBACK = re.compile(r"(localhost|127(\.[0-9]+){3}|\[::1\])(:[0-9]+)?")
_PARAMETER = re.compile(r'([a-zA-Z_]+)="([^"]*)"')
_CLIENT = "modelspec"


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password, or a token that stands for them; all empty: nobody."""

    user: str = ""
    password: str = ""
    token: str = ""

    @property
    def basic(self) -> str:
        """The header of basic authentication; empty for nobody."""
        if not self.user:
            return ""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


def login(host: str) -> Login:
    """What docker's configuration, or the helper that it names, has for a registry.

    Raises:
        WorldError: the configuration is broken, or the helper fails.
    """
    try:
        found: Mapping[str, Any] = docker.auth.load_config().resolve_authconfig(host) or {}
    except (DockerException, AttributeError, TypeError, ValueError):
        raise WorldError(
            f"docker's configuration has nothing readable for {host}: docker login {host} anew"
        ) from None
    known = {key.lower(): value for key, value in found.items() if isinstance(value, str)}
    return Login(
        known.get("username", ""), known.get("password", ""), known.get("identitytoken", "")
    )


def authorization(challenge: str, who: Login, session: requests.Session, timeout: Any) -> str:
    """The header that answers a `WWW-Authenticate`; empty if there is no answer.

    Args:
        challenge: what the registry asks for.
        who: to log in as.
        session: to ask for a token with.
        timeout: of the request.

    Raises:
        requests.RequestException: the server of tokens cannot be reached.
    """
    kind, _, rest = challenge.partition(" ")
    if kind.lower() == "basic":
        return who.basic
    asked = dict(_PARAMETER.findall(rest))
    realm = asked.pop("realm", "")
    if kind.lower() != "bearer" or not _may_be_told(realm):
        return ""
    if who.token:
        form = {"grant_type": "refresh_token", "refresh_token": who.token, "client_id": _CLIENT}
        answer = session.post(realm, data={**form, **asked}, timeout=timeout)
    else:
        headers = {"Authorization": who.basic} if who.basic else {}
        answer = session.get(realm, params=asked, headers=headers, timeout=timeout)
    try:
        body = answer.json() if answer.ok else {}
        token = body.get("token") or body.get("access_token")
    except (ValueError, AttributeError):
        token = None
    return f"Bearer {token}" if isinstance(token, str) else ""


def _may_be_told(realm: str) -> bool:
    """Whether a password may go there: over TLS, or not leave this machine."""
    parts = urlsplit(realm)
    return parts.scheme == "https" or (
        parts.scheme == "http" and LOOPBACK.fullmatch(parts.netloc) is not None
    )
