"""Write `model.lock`: look up what the names in a spec stand for, and pin it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.adapters.files import replace_file
from modelspec.diagnostics import Diagnostic, InputError, WorldError
from modelspec.plan.pins import changed_pins, lock_path, not_pinned
from modelspec.spec.load import Loaded, load
from modelspec.spec.model_lock import FORMAT, NOTHING, BasePin, DataPin, ModelLock, load_lock
from modelspec.stages import select
from modelspec.stages.engine import engine_or_none
from modelspec.stages.select import Selection

if TYPE_CHECKING:
    from modelspec.stages.source import Source

KINDS = ("base", "data")


@dataclass(frozen=True, slots=True)
class Locked:
    """What became of one lock.

    Attributes:
        name: of the model.
        path: of the lock, in the repository.
        changes: a line for each pin that is another now; none: nothing was written.
    """

    name: str
    path: str
    changes: tuple[str, ...]


def lock(
    root: Path, wanted: Selection, upgrade: Collection[str], warn: Callable[[str], None]
) -> list[Locked]:
    """Bring the locks of specs of the work tree in line with what the specs name.

    Without an upgrade what is pinned stays as it is: what is missing is added, and what the
    spec names no longer is dropped. All is looked up before anything is written.

    Args:
        root: of the repository.
        wanted: which specs.
        upgrade: those of `KINDS` that are looked up anew.
        warn: takes what the user should know.

    Raises:
        InputError: every problem of every spec and lock.
        WorldError: what a spec names cannot be had.
    """
    base_of = cache(lambda image: _base(image, root, warn, pull="base" in upgrade))
    data_of = cache(_data)

    def resolve(loaded: Loaded, old: ModelLock) -> ModelLock:
        image, data = loaded.spec.container.base, loaded.spec.data
        base, rows = old.base.get(image), old.data.get(data.source)
        if base is None or "base" in upgrade:
            base = _newer(base, base_of(image))
        if data.remote and (rows is None or "data" in upgrade):
            rows = _changed(rows, data_of(data.source))
        pinned = {data.source: rows} if data.remote and rows else {}
        return ModelLock(lock=FORMAT, base={image: base}, data=pinned)

    made = [(*each, resolve(*each[1:])) for each in _read(root, wanted)]
    for path, _, old, new in made:
        if new != old:
            replace_file(root / lock_path(path), new.text().encode())
    return [
        Locked(loaded.spec.metadata.name, lock_path(path), tuple(_changes(old, new)))
        for path, loaded, old, new in made
    ]


def read(root: Path, path: str) -> tuple[Loaded, ModelLock]:
    """A spec and the lock beside it, as they are in a folder.

    Raises:
        InputError: every problem of the spec, or else of its lock.
    """
    loaded, beside = load((root / path).read_bytes(), path), lock_path(path)
    if not (root / beside).is_file():
        return loaded, NOTHING
    return loaded, load_lock((root / beside).read_bytes(), beside)


def require_pins(found: Iterable[Source]) -> None:
    """Insist that everything is pinned that the specs name and git does not hold.

    Raises:
        WorldError: each that is not, with where it is named.
    """
    problems: list[Diagnostic] = []
    for each in found:
        places, name = each.loaded.places, each.loaded.spec.metadata.name
        for path, value in not_pinned(each.loaded.spec, each.pins).items():
            place = places.value(tuple(path.split(".")))
            hint = f"modelspec lock {name}, and commit {lock_path(each.path)}"
            problems.append(places.diagnostic(f"{path} is not pinned: {value}", place, hint))
    if problems:
        raise WorldError(*problems)


def _read(root: Path, wanted: Selection) -> list[tuple[str, Loaded, ModelLock]]:
    """Path, spec and lock of the specs of a command, as the work tree has them."""
    paths = select.of_worktree(wanted, root)
    good: list[tuple[str, Loaded, ModelLock]] = []
    problems: list[Diagnostic] = []
    for path in paths:
        try:
            good.append((path, *read(root, path)))
        except InputError as error:
            problems += error.diagnostics
    if problems:
        raise InputError(*problems)
    return good


def _base(image: str, root: Path, warn: Callable[[str], None], *, pull: bool) -> BasePin:
    """What the name of a base image stands for: on this machine, or with `pull` in its registry."""
    from modelspec.adapters import base

    with engine_or_none() as engine:
        if pull and engine and base.ENVIRONMENT not in os.environ:
            try:
                engine.pull(image)
            except WorldError as error:
                warn(f"{error}; pinned as it is here")
        found = base.require(image, root, engine)
    return BasePin(id=found.id, manifest=found.manifest)


def _data(url: str) -> DataPin:
    from modelspec.adapters.remote import look

    return look(url)


def _changed(old: DataPin | None, new: DataPin) -> DataPin:
    """The new pin; of the same content the old one, whatever its server says by now."""
    return old if old is not None and old.sha256 == new.sha256 else new


def _newer(old: BasePin | None, new: BasePin) -> BasePin:
    """The new pin; of the same image all that is known of it."""
    same = old is not None and old.id == new.id
    return old if same and new.manifest is None and old else new


def _changes(old: ModelLock, new: ModelLock) -> Iterable[str]:
    told = list(map(str, changed_pins(old.digests, new.digests)))
    return told if told or new == old else ["more is known of what is pinned"]
