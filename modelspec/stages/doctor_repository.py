"""What the files of a repository ask of the machine: base images, registries, packages for data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.adapters import machine
from modelspec.adapters.trees import WorkTree
from modelspec.diagnostics import InputError, WorldError
from modelspec.plan.pins import lock_path
from modelspec.spec.model_lock import BasePin
from modelspec.spec.project import FILE, load_project
from modelspec.spec.serving import Container
from modelspec.stages import lock, schema, select
from modelspec.stages.environments import environments
from modelspec.stages.finding import Finding

if TYPE_CHECKING:
    from modelspec.adapters.engine import Engine

SECONDS = 5.0
"""How long a registry may say nothing."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What specs and their locks name.

    Attributes:
        bases: images, each with what it has to be, if that is pinned.
        urls: of data, each with the path of its lock, and whether it is pinned there.
    """

    bases: tuple[tuple[str, BasePin | None], ...] = ((Container().base, None),)
    urls: tuple[tuple[str, str, bool], ...] = ()


def of_repository(root: Path) -> Needs:
    """What the specs of a work tree need, as far as they can be read."""
    bases: dict[tuple[str, str], tuple[str, BasePin | None]] = {}
    urls = set()
    for path in select.worktree(root):
        try:
            loaded, held = lock.read(root, path)
        except (InputError, OSError):
            continue
        image, source = loaded.spec.container.base, loaded.spec.data.source
        pin = held.base.get(image)
        bases[image, pin.id if pin else ""] = image, pin
        if loaded.spec.data.remote:
            urls.add((source, lock_path(path), source in held.data))
    found = tuple(bases[key] for key in sorted(bases))
    return Needs(found or Needs().bases, tuple(sorted(urls)))


def base(image: str, pin: BasePin | None, root: Path, engine: Engine | None) -> Finding:
    """Whether a base image is here, and is the one that `model.lock` pins."""
    from modelspec.adapters import base as images

    exact = images.by_digest(image, pin)
    try:
        found = images.find(image, root, engine, pin)
        other = None if found else next(images.here(image, root, engine), None)
    except WorldError as error:
        return Finding("base image", "missing", str(error), "put a whole archive there")
    if found:
        where = "as an archive" if found.archive else "in the engine"
        pinned = ", as model.lock pins it" if pin else ""
        return Finding("base image", "ok", f"{image}{pinned}, {where}")
    if engine and (exact or not (pin or other)) and (not exact or engine.can_pull(exact)):
        pull = f"docker pull {exact or image}"
        said = f"{exact or image} is not here yet: apply pulls it"
        return Finding("base image", "not needed", said, pull)
    if other:
        said = f"{image} is here, but is not what model.lock pins"
        fix = f"docker pull {exact}" if exact else "bring the pinned one here (docker load)"
        return Finding("base image", "missing", said, f"{fix}, or modelspec lock --upgrade base")
    archive = f".modelspec/bases/{images.file_name(image)}"
    fix = f"docker save {exact or image} -o {archive} elsewhere, and bring that file here"
    return Finding("base image", "missing", f"{exact or image} is not here", fix)


def data(needs: Needs) -> Iterator[Finding]:
    """Whether remote data are pinned, and what reads them is installed."""
    from modelspec.adapters.remote_failures import PACKAGES

    for url, path, pinned in needs.urls:
        package = PACKAGES.get(url.partition("://")[0], "fsspec")
        if find_spec(package) is None:
            lacking = f"{url} is read by {package}, which is not installed"
            yield Finding("data", "missing", lacking, f"pip install {package}")
        elif not pinned:
            yield Finding("data", "missing", f"{url} is not pinned in {path}", "modelspec lock")
        else:
            yield Finding("data", "ok", f"{url}, pinned in {path}")


def registries(root: Path) -> Iterator[Finding]:
    """Whether each registry answers, and somebody logged in there; no secret is shown."""
    hosts: dict[str, str] = {}
    try:
        registry = load_project((root / FILE).read_bytes(), FILE).registry
        hosts |= {registry.partition("/")[0]: FILE} if registry else {}
    except FileNotFoundError:
        pass
    except OSError as error:
        yield Finding("registry", "missing", f"{FILE}: {error.strerror}")
    except InputError:
        yield Finding("registry", "missing", f"{FILE} is wrong", "modelspec validate says where")
    try:
        known = [one.environment for one in environments(WorkTree(root))]
    except InputError:
        known = []
        wrong = "files of environments/ are wrong"
        yield Finding("registry", "missing", wrong, "modelspec validate says where")
    for one in known:
        if one.registry:
            hosts.setdefault(one.registry.partition("/")[0], f"environments/{one.name}.yaml")
    yield from (_registry(host, file) for host, file in hosts.items())
    if not hosts:
        yield Finding("registry", "not needed", f"no {FILE} names one: images stay here")


def _registry(host: str, file: str) -> Finding:
    from modelspec.adapters.registry import Registry

    logged_in = machine.logged_in(host)
    said = f"{'' if logged_in else 'no '}credentials for {host} ({file})"
    try:
        with closing(Registry(host)) as registry:
            registry.greet(SECONDS)
    except WorldError as error:
        (wrong,) = error.diagnostics
        fix = wrong.hint or f"look whether {file} names it right, and this machine may go there"
        return Finding("registry", "missing", f"{said}; {wrong.message}", fix)
    if logged_in or host.partition(":")[0] in ("localhost", "127.0.0.1"):
        return Finding("registry", "ok", f"{said}; it answers")
    return Finding("registry", "missing", f"{said}; it answers", f"docker login {host}")


def of_editors(root: Path) -> Finding:
    """Whether what editors know of the language is of this version."""
    if (root / schema.FILE).read_bytes() == schema.text().encode():
        return Finding("schema", "ok", f"{schema.FILE} is of this version, for editors")
    said = f"{schema.FILE} is of another version: editors may mark what is right"
    return Finding("schema", "not needed", said, "modelspec schema --write")
