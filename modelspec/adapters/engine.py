"""The Docker Engine: find it, load images into it; each of its failures is one sentence."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import docker
import requests
import urllib3
from docker.errors import DockerException, ImageNotFound

from modelspec.diagnostics import WorldError

PING_SECONDS = 10
# The longest silence of a busy engine; one that is stopped or lost in a disk is told by it.
SILENCE_SECONDS = 120


class NoEngine(WorldError):
    """There is no engine that could be asked; work can go on without one."""


class Engine:
    """A Docker Engine that answers.

    Attributes:
        client: the SDK's.
        version: of the engine.
        address: where it listens.
    """

    def __init__(self, client: docker.DockerClient, address: str) -> None:
        self.client, self.address = client, address
        self.version: str = client.version().get("Version", "of an unknown version")

    def inspect(self, name: str) -> Mapping[str, Any] | None:
        """What the engine knows about an image; None if it has none of that name or ID."""
        with failures(f"looking for the image {name}"):
            try:
                attributes: Mapping[str, Any] = self.client.images.get(name).attrs
            except ImageNotFound:
                return None
            return attributes

    def load(self, archive: Iterable[bytes]) -> None:
        """Load a docker archive, piece by piece.

        Raises:
            WorldError: the engine refuses it, or is gone or silent meanwhile.
        """
        with failures("loading an image"):
            api: Any = self.client.api
            read_all(api.load_image(_closing(archive)), "loading an image")

    def pull(self, name: str) -> None:
        """Get an image from its registry.

        Raises:
            WorldError: neither the engine nor the registry has it.
        """
        doing = f"pulling {name}"
        with failures(doing):
            lines = self.client.api.pull(name, stream=True, decode=True)
            read_all(lines, doing)

    def can_pull(self, name: str) -> bool:
        """Whether a registry has an image, which stays there."""
        try:
            self.client.api.inspect_distribution(name)  # type: ignore[no-untyped-call]
        except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError):
            return False
        return True

    def close(self) -> None:
        """Give the connection back."""
        self.client.close()


def connect(silence: float = SILENCE_SECONDS) -> Engine:
    """The engine that DOCKER_HOST, the docker context or the default socket names.

    Args:
        silence: seconds without a byte after which a request is given up.

    Raises:
        NoEngine: none is there, or this user may not use it.
        WorldError: one is there, but hangs or fails.
    """
    address = os.environ.get("DOCKER_HOST") or "its default address"
    try:
        client = docker.from_env(timeout=PING_SECONDS)
        client.api.timeout = silence  # type: ignore[assignment]
        return Engine(client, address)
    except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError) as error:
        if "timed out" in str(error).lower():
            raise WorldError(
                f"the Docker Engine at {address} does not answer within {PING_SECONDS} s"
            ) from None
        raise NoEngine(f"no Docker Engine at {address}: {sentence(error)}") from None
    except (AttributeError, TypeError, ValueError):  # the SDK trusts config.json to be well made
        raise WorldError(
            "docker's own configuration is broken: correct ~/.docker/config.json, "
            "or the one in DOCKER_CONFIG"
        ) from None


@contextmanager
def failures(doing: str) -> Iterator[None]:
    """Turn whatever the SDK and the libraries below it raise into one sentence.

    A refused request is a DockerException; an engine that dies shows as an exception of
    requests, of urllib3 or of the socket, depending on where in an answer it does.
    """
    try:
        yield
    except WorldError:
        raise
    except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise WorldError(f"the Docker Engine failed while {doing}: {sentence(error)}") from None
    except (OSError, ValueError) as error:
        raise WorldError(f"the Docker Engine was lost while {doing}: {sentence(error)}") from None


def read_all(lines: Iterable[Any], doing: str) -> list[Mapping[str, Any]]:
    """Read a stream of the engine to its end: refusals are lines of it, not exceptions.

    Raises:
        WorldError: with the engine's own words.
    """
    read: list[Mapping[str, Any]] = []
    for line in lines:
        if not isinstance(line, Mapping):
            continue
        detail = line.get("errorDetail") or {}
        # A request that is refused as a whole is answered by one line with a `message`.
        wrong = line.get("error") or detail.get("message") or line.get("message")
        if wrong:
            raise WorldError(f"the Docker Engine failed while {doing}: {one_line(str(wrong))}")
        read.append(line)
    return read


def sentence(error: BaseException) -> str:
    """The innermost reason of an exception, in one line."""
    explanation = getattr(error, "explanation", None)
    if explanation:
        return one_line(str(explanation))
    text = str(error).lower()
    for sign, words in _REASONS.items():
        if sign in text:
            return words
    return one_line(str(error)) or type(error).__name__


_REASONS = {
    "no such file or directory": "nothing listens there",
    "connection refused": "nothing listens there",
    "permission denied": "this user may not use it (is it in the group docker?)",
    "timed out": "it does not answer any more",
    "timeout": "it does not answer any more",
    "connection aborted": "the connection broke off",
    "connection broken": "the connection broke off",
    "broken pipe": "the connection broke off",
    "reset by peer": "the connection broke off",
    "name or service not known": "its host is not known",
}


def one_line(text: str, limit: int = 300) -> str:
    """Text of another program, fit to be part of a message."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _closing(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A generator of its own, so that the SDK sends pieces and never asks for a length."""
    yield from pieces
