"""A `release.lock` that somebody else may have written: every value is checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from modelspec.diagnostics import Diagnostic, InputError
from modelspec.plan.release import Release, release_of_lock
from modelspec.plan.tags import Version
from modelspec.spec.default import LoadedEnvironment
from modelspec.spec.model import ModelSpec
from modelspec.spec.overrides import overridden

_ID = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REFERENCE = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[^\s@]+:sha-[0-9a-f]{12}")


def validated(lock: Mapping[str, Any], environment: LoadedEnvironment) -> tuple[ModelSpec, Release]:
    """The spec of a lock, as an environment runs it, and the release.

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
            return overridden(spec, environment), release
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
    try:
        count = len(release.schema_.classes)
    except (KeyError, ValidationError):
        yield "record.steps.data: must have the schema of the model"
        return
    few, most = {"binary_classification": (2, 2), "regression": (0, 0)}.get(spec.task, (2, count))
    if not few <= count <= most:
        yield f"record.steps.data: {count} classes do not fit the task {spec.task}"
