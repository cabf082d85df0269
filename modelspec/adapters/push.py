"""Push an image to a registry, and read back what the registry holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelspec.adapters import container
from modelspec.adapters.engine import Engine, connect, failures, read_all
from modelspec.diagnostics import Diagnostic, WorldError

# A registry may be silent for long while it moves a layer to its store.
SILENCE_SECONDS = 600
_DENIED = ("unauthorized", "authentication required", "no basic auth", "denied")


def push(folder: Path, tag: str, target: str, root: Path) -> str:
    """Push an image that was built. Credentials are those of `docker login`.

    Args:
        folder: that `image.build` wrote.
        tag: `name:tag` in the engine.
        target: `registry/prefix/name:tag` to push as.
        root: of the repository, for an archive of the base.

    Returns:
        `registry/prefix/name@sha256:...`, which names exactly these bytes.

    Raises:
        WorldError: there is no engine, the registry refuses, or it holds something else.
    """
    engine = connect(SILENCE_SECONDS)
    try:
        held = container.load(engine, folder, tag, root)
        return push_held(engine, held, target)
    finally:
        engine.close()


def push_held(engine: Engine, held: str, target: str) -> str:
    """Push an image that the engine has. Arguments, result and errors as `push`.

    The SDK does not raise when a push is refused: a line of the stream says so.
    """
    repository, _, tag = target.rpartition(":")
    doing = f"pushing {target}"
    try:
        with failures(doing):
            api: Any = engine.client.api
            api.tag(held, repository, tag, force=True)
            lines = read_all(api.push(repository, tag=tag, stream=True, decode=True), doing)
            digests = [line["aux"]["Digest"] for line in lines if "Digest" in line.get("aux", {})]
            there = api.inspect_distribution(target)["Descriptor"]["digest"]
    except WorldError as error:
        raise _explained(error, repository) from None
    except (LookupError, TypeError):
        raise WorldError(f"the registry's answer about {target} is not understood") from None
    if not digests:
        raise WorldError(f"the engine does not say what {doing} has made")
    if there != digests[-1]:
        raise WorldError(f"{target} was pushed as {digests[-1]}, but the registry holds {there}")
    return f"{repository}@{there}"


def _explained(error: WorldError, repository: str) -> WorldError:
    text = str(error)
    if not any(word in text.lower() for word in _DENIED):
        return error
    host = repository.partition("/")[0]
    return WorldError(Diagnostic(text, hint=f"docker login {host}, as someone who may push there"))
