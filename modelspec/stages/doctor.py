"""What this machine has of all that the commands need: looked at, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.adapters import machine
from modelspec.adapters.files import user_cache
from modelspec.adapters.git import Repository
from modelspec.diagnostics import WorldError
from modelspec.spec.source import HAS_C_PARSER
from modelspec.stages import schema
from modelspec.stages.doctor_repository import (
    Needs,
    base,
    data,
    of_editors,
    of_repository,
    registries,
)
from modelspec.stages.finding import Finding

if TYPE_CHECKING:
    from modelspec.adapters.engine import Engine

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
    needs = of_repository(root) if root else Needs()
    yield from _images(root or start, needs)
    if root:
        yield from registries(root)
        yield from data(needs)
        yield _place("work", root / ".modelspec")
    yield _place("cache", user_cache())
    yield _training()
    yield _parser()
    if root and (root / schema.FILE).is_file():
        yield of_editors(root)


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


def _images(root: Path, needs: Needs) -> Iterator[Finding]:
    """The engine, and the base images, in the engine or below a folder."""
    from modelspec.stages.engine import engine_or_none

    try:
        with engine_or_none() as engine:
            yield _engine(engine)
            for image, pin in needs.bases:
                yield base(image, pin, root, engine)
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
