"""What the plan is made from besides the spec: read once, before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelspec.plan.release import Release
from modelspec.plan.tags import Version


@dataclass(frozen=True, slots=True)
class Facts:
    """One look at git, the cache and the machine.

    Attributes:
        commit: 40 hex digits of the commit that everything is read from.
        committed: its time, in seconds since 1970.
        spec_path: the spec's path in the repository.
        files: path relative to the spec to git blob id, of the data that the spec names.
        sources: path in the repository to blob id: the spec, its lock if it has one, its data.
        pins: path of a key of the spec to the digest that `model.lock` gives what stands there.
        dirty: those of the sources that differ from the commit.
        releases: readable releases of this model.
        taken: numbers of tags of this model, readable or not.
        unreadable: tags of this model that are not releases; their numbers are taken.
        finished: results in the cache: (step, address) to record.
        kept: (step, output) of which the bytes are on this machine.
        toolchain: what this machine would make each step with.
        seconds: how long each step of this model took on this machine the last time.
        image_toolchain: what goes into an image besides: base, wheels, runtime.
        publishing: whether the release is for others too; those that are not are then drafts.
    """

    commit: str
    committed: int
    spec_path: str
    files: Mapping[str, str]
    sources: Mapping[str, str]
    pins: Mapping[str, str] = field(default_factory=dict)
    dirty: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()
    taken: tuple[Version, ...] = ()
    unreadable: tuple[str, ...] = ()
    finished: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    kept: frozenset[tuple[str, str]] = frozenset()
    seconds: Mapping[str, float] = field(default_factory=dict)
    toolchain: Mapping[str, str] = field(default_factory=dict)
    image_toolchain: Mapping[str, str] = field(default_factory=dict)
    publishing: bool = False

    @property
    def counted(self) -> tuple[Release, ...]:
        """The releases whose numbers count: when publishing, drafts give way."""
        return tuple(r for r in self.releases if r.published or not self.publishing)

    @property
    def numbers(self) -> tuple[Version, ...]:
        """The numbers that a new release cannot have."""
        drafts = {r.version for r in self.releases} - {r.version for r in self.counted}
        return tuple(v for v in self.taken if str(v) not in drafts)
