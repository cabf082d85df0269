"""What a release is: the record that its tag and its lock hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from modelspec.plan.lock import lock_of
from modelspec.plan.records import Schema


class Made(BaseModel):
    """A step as released: its key and the whole record of what it made."""

    model_config = ConfigDict(frozen=True)
    key: str
    record: dict[str, Any]


class Image(BaseModel):
    """The serving image of a release.

    `id` is the digest of its config: the same for one commit and one base. `reference` is
    `registry/name@sha256:...` once it was pushed. `commit` is the one it was built from.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    tag: str
    commit: str
    reference: str | None = None


class Release(BaseModel):
    """What was made from one set of inputs, and the version that names it.

        `pins` holds what `model.lock` pinned; without any it is left out, as in records of before
    there were locks. `seconds` says how long each step took where it ran. That is no result: no
    key, no digest and no lock holds it.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    record: Literal[1] = 1
    name: str
    version: str
    published: bool
    commit: str
    inputs: str
    sources: dict[str, str]
    pins: dict[str, str] = Field(default={}, exclude_if=lambda pins: not pins)
    spec: dict[str, Any]
    steps: dict[str, Made]
    image: Image
    toolchain: dict[str, str]
    seconds: dict[str, float] = {}

    def key(self, step: str) -> str | None:
        """The key under which a step was released, if this release has it."""
        made = self.steps.get(step)
        return made.key if made else None

    @property
    def schema_(self) -> Schema:
        """Input and output of the model."""
        return Schema.model_validate(self.steps["data"].record["schema_"])

    @property
    def tag(self) -> str:
        """The name of the tag, such as `churn/v1.4.0`."""
        return f"{self.name}/v{self.version}"

    def lock(self) -> dict[str, Any]:
        """The release as `release.lock` holds it: the spec, and the record without it."""
        return lock_of(self.model_dump(mode="json"))


def release_of_lock(lock: Mapping[str, Any]) -> Release:
    """The release that a `release.lock` holds.

    Raises:
        ValueError: if it is not one.
    """
    return Release.model_validate({**lock["record"], "spec": lock["spec"]})
