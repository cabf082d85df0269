"""The image in the local engine: loaded, and run with the flags that Kubernetes will use."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.adapters import base as bases
from modelspec.adapters import image, layers
from modelspec.adapters.engine import Engine, failures, one_line
from modelspec.adapters.running import HOST, Running, free_port, wait_ready
from modelspec.diagnostics import WorldError
from modelspec.serving import contract

if TYPE_CHECKING:
    from docker.models.containers import Container

OWNER = "modelspec.owner"
MEMORY = 256  # MiB
PROCESSES = 256
STOP_SECONDS = 5
PORTS = (contract.PORT, contract.GRPC_PORT)


def load(engine: Engine, folder: Path, tag: str, root: Path) -> str:
    """Have the engine hold an image that was built, under its tag.

    The layers of the base are left out for an engine that has them: 0.3 s instead of 4 s.

    Args:
        engine: to load into.
        folder: that `image.build` wrote.
        tag: `name:tag`.
        root: of the repository, for an archive of the base.

    Returns:
        What the engine calls the image: its ID, or the digest of its manifest where the engine
        keeps images in containerd.

    Raises:
        WorldError: the engine refuses it, or holds something else afterwards.
    """
    wanted, config = image.read(folder)
    with failures("loading the image"):
        if engine.inspect(wanted) is not None:
            repository, _, short = tag.rpartition(":")
            engine.client.api.tag(wanted, repository, short, force=True)
            return wanted
    _send(engine, folder, tag, root)
    about = engine.inspect(tag) or {}
    held = about.get("RootFS", {}).get("Layers")
    if about.get("Id") != wanted and held != config["rootfs"]["diff_ids"]:
        raise WorldError(f"the engine was given {wanted} and holds {about.get('Id', 'nothing')}")
    return str(about["Id"])


def _send(engine: Engine, folder: Path, tag: str, root: Path) -> None:
    """Load without the base's layers if the engine has them, else with them."""
    under = image.standing_on(image.read(folder)[1])
    below = under.config["rootfs"]["diff_ids"]
    names = [name for name in (under.id, under.name) if name and below]
    held = [about["RootFS"]["Layers"] for n in names if (about := engine.inspect(n)) is not None]
    refused: WorldError | None = None
    if not below or below in held:
        try:
            engine.load(image.docker_archive(folder, tag, None))
        except WorldError as error:
            refused = error
        else:
            return
    for found in bases.here(under.name, root, None):
        if found.config["rootfs"]["diff_ids"] == below:
            engine.load(image.docker_archive(folder, tag, found))
            return
    raise refused or WorldError(
        f"the base {under.name} that the image was built on is neither in the engine nor on disk"
    )


@contextmanager
def run(engine: Engine, name: str, memory: int = MEMORY) -> Iterator[Running]:
    """A container of an image, ready while the block runs and gone afterwards.

    Args:
        engine: that holds the image.
        name: of the image: its ID or tag.
        memory: limit in MiB.

    Raises:
        WorldError: if it does not become ready; with what it said last.
    """
    remove_leftovers(engine)
    container, port, grpc_port = _start(engine, name, memory)
    try:
        seconds = wait_ready(port, lambda: _last_words(container, memory))
        yield Running(port, grpc_port, "container", seconds)
    finally:
        _remove(container)


def remove_leftovers(engine: Engine) -> None:
    """Remove containers of runs on this machine that were killed."""
    with failures("looking for containers of earlier runs"):
        left = engine.client.containers.list(
            all=True, filters={"label": OWNER}, ignore_removed=True
        )
        for container in left:
            host, _, process = str(container.labels.get(OWNER)).rpartition("/")
            if host == socket.gethostname() and process not in _alive():
                _remove(container, seconds=0)


def _start(engine: Engine, name: str, memory: int) -> tuple[Container, int, int]:
    """Start a container: behind the engine's bridge, or where that fails in the host's network."""
    bridged = {"ports": {f"{port}/tcp": (HOST, None) for port in PORTS}}
    try:
        return _create(engine, name, memory, bridged, None)
    except WorldError as refused:
        ports = free_port(), free_port()
        listening = {contract.ENV_HOST: HOST}
        names = (contract.ENV_PORT, contract.ENV_GRPC_PORT)
        listening |= {variable: str(port) for variable, port in zip(names, ports, strict=True)}
        shared = {"network_mode": "host", "environment": listening}
        try:
            return _create(engine, name, memory, shared, ports)
        except WorldError:
            raise refused from None


def _create(
    engine: Engine,
    name: str,
    memory: int,
    network: Mapping[str, Any],
    ports: tuple[int, int] | None,
) -> tuple[Container, int, int]:
    """Start a container; `ports` are where it listens, or None if the engine chooses."""
    with failures("starting the image"):
        container = engine.client.containers.create(
            name,
            cap_drop=["ALL"],
            labels={OWNER: f"{socket.gethostname()}/{_identity(os.getpid())}"},
            mem_limit=f"{memory}m",
            memswap_limit=f"{memory}m",
            pids_limit=PROCESSES,
            read_only=True,
            security_opt=["no-new-privileges"],
            tmpfs={"/tmp": "rw,noexec,nosuid,size=16m"},  # noqa: S108  (in the container)
            user=layers.USER,
            **network,
        )
        try:
            container.start()
            if ports is None:
                container.reload()
                ports = _published(container, PORTS[0]), _published(container, PORTS[1])
        except BaseException:
            _remove(container, seconds=0)
            raise
        return container, *ports


def _published(container: Container, port: int) -> int:
    published = container.ports.get(f"{port}/tcp")
    if not published:
        raise WorldError("the Docker Engine does not publish the image's ports")
    return int(published[0]["HostPort"])


def _last_words(container: Container, memory: int) -> str | None:
    """None while it runs, else why it ended."""
    with failures("waiting for the image"):
        container.reload()
        if container.status in ("created", "running"):
            return None
        state = container.attrs["State"]
        words = one_line(container.logs(tail=5).decode(errors="replace"))
        if state.get("OOMKilled"):
            return f"it needs more memory than {memory} MiB; {words}"
        return f"exit code {state.get('ExitCode')}; {words}"


def _remove(container: Container, seconds: int = STOP_SECONDS) -> None:
    """Stop and remove; what fails here must not hide why."""
    with suppress(WorldError), failures("stopping a container"):
        container.stop(timeout=seconds)
    with suppress(WorldError), failures("removing a container"):
        container.remove(force=True, v=True)


def _alive() -> frozenset[str]:
    """The processes of this machine."""
    return frozenset(
        _identity(int(entry.name)) for entry in Path("/proc").glob("[0-9]*") if entry.is_dir()
    )


def _identity(process: int) -> str:
    """A process as number and start time, since numbers are used again."""
    try:
        start = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        start = "0"
    return f"{process}-{start}"
