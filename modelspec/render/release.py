"""A `release.lock` as templates see it: checked, and plain data only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from modelspec.diagnostics import Diagnostic, InputError
from modelspec.plan.release import Release, release_of_lock
from modelspec.plan.tags import Version
from modelspec.spec.environment import Environment, LoadedEnvironment
from modelspec.spec.model import ModelSpec
from modelspec.spec.overrides import overridden

_ID = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REFERENCE = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[^\s@]+:sha-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Released:
    """What a lock holds, and where it is to run.

    Attributes:
        spec: as the environment runs it, with its overrides.
    """

    spec: ModelSpec
    release: Release
    environment: Environment

    @property
    def model_version(self) -> str:
        """MAJOR.MINOR: what the image knows."""
        return self.release.version.rpartition(".")[0]

    def metadata(self, version: str) -> dict[str, Any]:
        """Name and labels of an object, and the namespace, unless it is up to whoever applies.

        Args:
            version: MAJOR.MINOR of the model; MAJOR.MINOR.PATCH only for what each release
                changes.
        """
        name, namespace = self.release.name, self.environment.namespace
        about: dict[str, Any] = {"name": name, "namespace": namespace}
        # In an order of their own: a lock does not keep that of the spec.
        given = dict(sorted(self.spec.metadata.labels.items()))
        about["labels"] = {**labels(name), "app.kubernetes.io/version": version, **given}
        return {key: value for key, value in about.items() if value is not None}


def read(lock: Mapping[str, Any], environment: LoadedEnvironment) -> Released:
    """The release and the spec of a lock, as an environment runs it.

    Raises:
        InputError: every value of the lock that cannot be one, by its key, or every override
            that does not fit the spec, by its place.
    """
    parts = {key: lock.get(key) for key in ("spec", "record")}
    problems = [
        f"{key}: is missing" for key, part in parts.items() if not isinstance(part, Mapping)
    ]
    spec, release = None, None
    if not problems:
        try:
            release = release_of_lock(lock)
        except ValidationError as error:
            problems += _of_pydantic("record", error)
        try:
            spec = ModelSpec.from_canonical(lock["spec"])
        except ValidationError as error:
            problems += _of_pydantic("spec", error)
    if release and spec:
        problems += _contradictions(release, spec)
        if not problems:
            return Released(overridden(spec, environment), release, environment.environment)
    hint = "take it from the tag again: modelspec apply"
    raise InputError(*(Diagnostic(f"release.lock: {text}", hint=hint) for text in problems))


def _of_pydantic(part: str, error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(map(str, (part, *problem["loc"])))
        yield f"{where}: {problem['msg'].removeprefix('Value error, ')}"


def _contradictions(release: Release, spec: ModelSpec) -> Iterator[str]:
    if release.name != spec.metadata.name:
        yield "record.name: is not the name in the spec"
    try:
        Version.parse(release.version)
    except ValueError:
        yield "record.version: must be MAJOR.MINOR.PATCH"
    if not _ID.fullmatch(release.image.id):
        yield "record.image.id: must be sha256: and 64 hex digits"
    if not _COMMIT.fullmatch(release.image.commit):
        yield "record.image.commit: must be the hex digits of a commit"
    if release.image.reference is None:
        if not _TAG.fullmatch(release.image.tag):
            yield "record.image.tag: must be an image with a tag of its ID, <name>:sha-<12 hex>"
    elif not _REFERENCE.fullmatch(release.image.reference):
        yield "record.image.reference: must be <registry>/<name>@sha256:<64 hex>"


def context(released: Released) -> dict[str, Any]:
    """What the templates of every target may use."""
    name, about = released.release.name, released.spec.metadata
    annotations = {"modelspec/owner": about.owner, "modelspec/description": about.description}
    return {
        "environment": released.environment.name,
        "name": name,
        "version": released.model_version,
        "labels": labels(name),
        "annotations": {key: text for key, text in annotations.items() if text},
        "metadata": released.metadata(released.model_version),
    }


def labels(name: str) -> dict[str, str]:
    """What selectors select: labels that never change while the name stays."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "modelspec"}
