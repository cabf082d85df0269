"""A plan for programs: what `plan --json` prints, format 1."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from modelspec.diagnostics import Diagnostic
from modelspec.plan import basis
from modelspec.plan.classes import Class
from modelspec.plan.digest import digest
from modelspec.plan.outlook import Outlook, Outlooks
from modelspec.plan.pins import not_pinned
from modelspec.plan.plan import Action


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class ChangedKey(_Part):
    """A key of the spec that differs from the latest release."""

    path: str = Field(description="Such as `train.epochs`.")
    old: Any = Field(description="Null: left out, so the default.")
    new: Any = Field(description="Null: left out, so the default.")


class PlannedStep(_Part):
    """One step of the list that apply works through."""

    name: str = Field(description="Such as `train` or `export.onnx`.")
    key: str | None = Field(
        description="Digest of all that the step reads. Null: not known before an earlier step "
        "ran; should it turn out to be that of a finished step, this one does not run."
    )
    action: Action = Field(
        description="`keep`: as released. `reuse`: this machine has it from an earlier run. `run`."
    )
    reason: str
    seconds: float | None = Field(description="What it took the last time; null: not known.")


class ChangedPlace(_Part):
    """A field of a rendered object."""

    object: str = Field(description="Kind and name, such as `Deployment churn`.")
    path: str = Field(description="Such as `spec.template.spec.containers[model].image`.")


class ChangedField(_Part):
    """A change of rendered objects, and every place where it happens."""

    old: Any = Field(description="Null: there was no such field.")
    new: Any = Field(description="Null: there is none any more.")
    known: bool = Field(description="False: part of `new` depends on what is made first.")
    places: tuple[ChangedPlace, ...]


class PlannedLine(_Part):
    """A version line that changes in the file of an environment."""

    file: str = Field(description="Path in the repository.")
    old: str | None = Field(description="Null: the model did not run there.")
    new: str | None = Field(description="Null: it runs no more, or the version is not known yet.")


class PlannedDeployment(_Part):
    """What apply writes to `deploy/<environment>/<name>/`."""

    environment: str
    line: PlannedLine | None = Field(description="Null: the same version, or `default`.")
    files: tuple[str, ...] = Field(description="Files that change.")
    added: tuple[str, ...] = Field(description="Objects that are new, by kind and name.")
    removed: tuple[str, ...] = Field(description="Objects that are gone.")
    changes: tuple[ChangedField, ...] = Field(
        description="Of the other objects; labels that name the release are left out."
    )
    restarts: bool = Field(description="Whether running pods are replaced.")


class Warned(_Part):
    """Something the user should know, that stops nothing."""

    message: str
    hint: str
    file: str | None
    line: int | None
    column: int | None


class PlannedModel(_Part):
    """What apply does about one model."""

    name: str
    spec: str = Field(description="Path in the repository.")
    change: Class = Field(description="Decided by the most expensive step that makes a new result.")
    release: str | None = Field(description="The latest release, that changes are told against.")
    version: str | None = Field(
        description="Of the release that these inputs have or get; null: not known yet."
    )
    uncommitted: tuple[str, ...] = Field(
        description="Inputs that differ from the commit: apply refuses them."
    )
    not_pinned: tuple[str, ...] = Field(
        description="Keys of the spec, such as `container.base`, whose names stand for what is "
        "found on the machine: no `model.lock` says which."
    )
    changes: tuple[ChangedKey, ...]
    steps: tuple[PlannedStep, ...]
    seconds: float = Field(description="Sum over the steps of which it is known.")
    deploy: tuple[PlannedDeployment, ...]
    warnings: tuple[Warned, ...]


class PlannedRemoval(_Part):
    """What apply removes from `deploy/`: nothing asks for it any more."""

    name: str = Field(description="Of the model.")
    environment: str
    line: PlannedLine | None = Field(description="Null: `default`, or no such environment.")
    files: tuple[str, ...]
    objects: tuple[str, ...] = Field(description="By kind and name.")


class BasisOfModel(_Part):
    """What a model's plan was decided from."""

    inputs: str = Field(description="Digest of the parsed spec and the files it names.")
    sources: dict[str, str] = Field(description="Path in the repository to git blob id.")
    tags: dict[str, str | None] = Field(
        description="Tags that count, to the digest of the release; null: not readable."
    )


class Basis(_Part):
    """All that a plan was decided from and that every machine sees alike."""

    modelspec: str = Field(description="Its version.")
    push: bool = Field(description="Whether it is a plan of `apply --push`.")
    everything: bool = Field(description="Whether it is about all models of the repository.")
    commit: str
    models: dict[str, BasisOfModel]


class Document(_Part):
    """A plan, as `modelspec plan --json` prints it."""

    format_version: Literal[1] = 1
    digest: str = Field(
        description="Of `basis`: `sha256:` and the SHA-256 of it as JSON with sorted keys, "
        "without white space, in ASCII. For `apply --plan`."
    )
    work: bool = Field(description="Whether there is anything to do.")
    basis: Basis
    models: tuple[PlannedModel, ...]
    removed: tuple[PlannedRemoval, ...]


def document(outlooks: Outlooks, decided: basis.Basis) -> Document:
    """The plan of several models as plain data.

    Args:
        outlooks: of the models.
        decided: what their plans were decided from.
    """
    return Document(
        digest=digest(decided),
        work=not outlooks.idle,
        basis=Basis.model_validate(decided),
        models=tuple(_model(one) for one in outlooks.models),
        removed=tuple(
            PlannedRemoval(
                name=one.name,
                environment=one.deployment.environment,
                line=one.deployment.line and PlannedLine.model_validate(one.deployment.line),
                files=one.deployment.files,
                objects=one.deployment.removed,
            )
            for one in outlooks.leaving
        ),
    )


def _model(one: Outlook) -> PlannedModel:
    plan = one.plan
    return PlannedModel(
        name=one.name,
        spec=plan.facts.spec_path,
        change=one.change,
        release=plan.previous.version if plan.previous else None,
        version=str(plan.version) if plan.version else None,
        uncommitted=one.uncommitted,
        not_pinned=tuple(not_pinned(plan.spec, plan.facts.pins)),
        changes=tuple(map(ChangedKey.model_validate, plan.changes)),
        steps=tuple(
            PlannedStep(
                name=step.name,
                key=step.key,
                action=step.action,
                reason=step.reason,
                seconds=one.seconds.get(step.name),
            )
            for step in plan.steps
        ),
        seconds=round(sum(one.seconds.values()), 2),
        deploy=tuple(map(PlannedDeployment.model_validate, one.deployments)),
        warnings=tuple(map(_warned, one.warnings)),
    )


def _warned(warning: Diagnostic) -> Warned:
    place = warning.location
    return Warned(
        message=warning.message,
        hint=warning.hint,
        file=place.file if place else None,
        line=place.line if place else None,
        column=place.column if place else None,
    )
