"""What this machine has of all that the commands need: looked at, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from modelspec.adapters import machine
from modelspec.adapters.files import user_cache
from modelspec.adapters.git import Repository
from modelspec.diagnostics import InputError, WorldError
from modelspec.spec.load import load
from modelspec.spec.project import FILE, load_project
from modelspec.spec.serving import Container
from modelspec.spec.source import HAS_C_PARSER
from modelspec.stages import schema, select

if TYPE_CHECKING:
    from modelspec.adapters.engine import Engine

State = Literal["ok", "missing", "not needed"]

FREE_GB = 2  # a training, an image's layers and its archive, with some to spare
# What `pip install modelspec[train]` brings; of two names one is enough.
TRAINING: tuple[tuple[str, ...], ...] = (
    ("tensorflow-cpu", "tensorflow"),
    ("polars",),
    ("scikit-learn",),
    ("numpy",),
    ("onnx",),
    ("onnxruntime",),
    ("tf2onnx",),
    ("ai-edge-litert",),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: `missing` if a command would stop at it; `not needed` if all go on without.
        found: what there is, or what is wrong.
        fix: what to do; empty if nothing is to be done.
    """

    name: str
    state: State
    found: str
    fix: str = ""


def examine(start: Path) -> Iterator[Finding]:
    """Everything, one after the other.

    Args:
        start: the current folder, in a repository or not.
    """
    try:
        yield Finding("git", "ok", machine.git_version(start))
    except WorldError as error:
        found, _, fix = str(error).partition(": ")
        yield Finding("git", "missing", found, fix)
    root, repository = _repository(start)
    yield repository
    yield from _images(root or start, _bases(root) if root else [Container().base])
    if root:
        yield _registry(root)
        yield _place("work", root / ".modelspec")
    yield _place("cache", user_cache())
    yield _training()
    yield _parser()
    if root and (root / schema.FILE).is_file():
        yield _schema(root)


def _repository(start: Path) -> tuple[Path | None, Finding]:
    """The uppermost folder of the repository, if the folder is in one that can be used."""
    try:
        root = Repository.open(start).root
    except WorldError as error:
        found, _, fix = str(error).partition(": ")
        if "is not in a git repository" in found:
            said = "this folder is in none: only the machine was looked at"
            return None, Finding("repository", "not needed", said, "go to the folder of a spec")
        return None, Finding("repository", "missing", found, fix)
    return root, Finding("repository", "ok", _short(root))


def _images(root: Path, bases: Sequence[str]) -> Iterator[Finding]:
    """The engine, and the base images, in the engine or below a folder."""
    from modelspec.stages.engine import engine_or_none

    try:
        with engine_or_none() as engine:
            yield _engine(engine)
            for image in bases:
                yield _base(image, root, engine)
    except WorldError as error:
        yield Finding("engine", "missing", str(error), "start it anew, or unset DOCKER_HOST")


def _engine(engine: Engine | None) -> Finding:
    if engine:
        return Finding("engine", "ok", f"Docker Engine {engine.version} at {engine.address}")
    return Finding(
        "engine",
        "not needed",
        "none; images are made without it, tried as plain processes, and not pushed",
        "install docker.io, and add yourself to the group docker",
    )


def _schema(root: Path) -> Finding:
    if (root / schema.FILE).read_bytes() == schema.text().encode():
        return Finding("schema", "ok", f"{schema.FILE} is of this version, for editors")
    said = f"{schema.FILE} is of another version: editors may mark what is right"
    return Finding("schema", "not needed", said, "modelspec schema --write")


def _bases(root: Path) -> list[str]:
    """The base images of the specs that can be read; the default where there is none."""
    found = set()
    for path in select.worktree(root):
        try:
            found.add(load((root / path).read_bytes(), path).spec.container.base)
        except (InputError, OSError):
            continue
    return sorted(found) or [Container().base]


def _base(image: str, root: Path, engine: Engine | None) -> Finding:
    from modelspec.adapters import base

    try:
        found = base.find(image, root, engine)
    except WorldError as error:
        return Finding("base image", "missing", str(error), "put a whole archive there")
    if found:
        where = "as an archive" if found.archive else "in the engine"
        return Finding("base image", "ok", f"{image}, {where}")
    if engine:
        pull = f"docker pull {image}"
        return Finding("base image", "not needed", f"{image} is not here yet: apply pulls it", pull)
    archive = f".modelspec/bases/{base.file_name(image)}"
    fix = f"docker save {image} -o {archive} elsewhere, and bring that file here"
    return Finding("base image", "missing", f"{image} is not here", fix)


def _registry(root: Path) -> Finding:
    """Whether somebody logged in where `modelspec.yaml` pushes to; no secret is read."""
    try:
        registry = load_project((root / FILE).read_bytes(), FILE).registry
    except FileNotFoundError:
        registry = None
    except OSError as error:
        return Finding("registry", "missing", f"{FILE}: {error.strerror}")
    except InputError:
        return Finding("registry", "missing", f"{FILE} is wrong", "modelspec plan says where")
    if registry is None:
        return Finding("registry", "not needed", f"no {FILE} names one: images stay here")
    host = registry.partition("/")[0]
    if machine.logged_in(host):
        return Finding("registry", "ok", f"credentials for {host}")
    if host.partition(":")[0] in ("localhost", "127.0.0.1"):
        return Finding("registry", "not needed", f"no credentials for {host}, on this machine")
    return Finding("registry", "missing", f"no credentials for {host}", f"docker login {host}")


def _place(name: str, path: Path) -> Finding:
    """Whether a folder can be written, and how much its disk has free."""
    shown = _short(path)
    if not machine.writable(path):
        return Finding(name, "missing", f"{shown} cannot be written", "chown or chmod it")
    free = machine.free_bytes(path) / 1e9
    if free < FREE_GB:
        said = f"{shown}, only {free:.1f} GB free"
        return Finding(name, "missing", said, f"make {FREE_GB} GB free")
    return Finding(name, "ok", f"{shown}, {free:.0f} GB free")


def _short(path: Path) -> str:
    """A path for a narrow column."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _training() -> Finding:
    """Versions as pip knows them: importing TensorFlow would take seconds."""
    found = {names[0]: _version(names) for names in TRAINING}
    lacking = [name for name, number in found.items() if not number]
    if not lacking:
        said = ", ".join(f"{name} {found[name]}" for name in ("tensorflow-cpu", "polars"))
        return Finding("training", "ok", said.replace("tensorflow-cpu", "TensorFlow"))
    return Finding(
        "training",
        "missing",
        f"{', '.join(lacking)}: apply and init need it",
        "pip install 'modelspec[train]'",
    )


def _version(names: tuple[str, ...]) -> str:
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return ""


def _parser() -> Finding:
    if HAS_C_PARSER:
        return Finding("YAML", "ok", "PyYAML with libyaml")
    return Finding(
        "YAML",
        "not needed",
        "PyYAML without libyaml: reading specs takes ten times as long",
        "install libyaml-dev, then pip install --no-binary pyyaml --force-reinstall pyyaml",
    )
