"""What a stage may touch besides its arguments, and what it may look up of earlier steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from modelspec.adapters.git import Repository
from modelspec.adapters.store import Store
from modelspec.diagnostics import WorldError
from modelspec.plan.plan import Plan, Step
from modelspec.plan.records import Record
from modelspec.spec.load import Loaded
from modelspec.spec.model_lock import ModelLock

R = TypeVar("R", bound=Record)


class Report(Protocol):
    """Where a run tells how it is going."""

    def started(self, step: Step) -> None:
        """A step begins."""

    def progress(self, step: Step, text: str, done: float) -> None:
        """A step is under way; `done` is a share in [0, 1]."""

    def finished(self, step: Step, text: str, seconds: float) -> None:
        """A step is finished."""

    def warn(self, text: str) -> None:
        """Something the user should know, that stops nothing."""


@dataclass(frozen=True, slots=True)
class World:
    """The outside, as a run of one model sees it.

    Attributes:
        loaded: the spec, with the places of its keys for messages.
        lock: what `model.lock` beside the spec pins.
        read: gives the bytes of a file that the spec names, by its path relative to the spec.
        file: names such a file in messages.
    """

    repository: Repository
    store: Store
    report: Report
    loaded: Loaded
    lock: ModelLock
    read: Callable[[str], bytes]
    file: Callable[[str], str]


class Done:
    """The steps made so far."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self._plan = plan
        self._store = store

    def record(self, name: str, kind: type[R]) -> R:
        """What a step found out."""
        return kind.model_validate(self._plan.step(name).record)

    def folder(self, name: str) -> Path:
        """The files that a step made.

        Raises:
            WorldError: if they are gone or damaged; names their digest.
        """
        record = self._plan.step(name).record or {}
        folder = self._store.folder(name, record["output"])
        if folder is None:
            raise WorldError(
                f"the bytes of {name} are gone or damaged: {record['output']}; run apply again"
            )
        return folder
