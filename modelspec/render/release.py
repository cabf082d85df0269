"""A `release.lock` as templates see it: checked, and plain data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from modelspec.plan.lock import is_sealed
from modelspec.spec.default import LoadedEnvironment
from modelspec.spec.light import light

if TYPE_CHECKING:
    from modelspec.plan.release import Release
    from modelspec.spec.environment import Environment
    from modelspec.spec.model import ModelSpec


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

    A lock as it was written here is known to be right. Any other is validated, and any that an
    environment may change.

    Raises:
        InputError: every value of the lock that cannot be one, by its key, or every override
            that does not fit the spec, by its place.
    """
    if environment.places is None and is_sealed(lock):
        release = cast("Release", _attributes(lock["record"]))
        return Released(light(lock["spec"]), release, environment.environment)
    from modelspec.render.validated import validated

    return Released(*validated(lock, environment), environment.environment)


def _attributes(record: Mapping[str, Any]) -> SimpleNamespace:
    """The parts of a record that are the same for every reader of it."""
    made = {name: record[name] for name in ("name", "version", "commit")}
    classes = tuple(record["steps"]["data"]["record"]["schema_"]["classes"])
    schema, image = SimpleNamespace(classes=classes), SimpleNamespace(**record["image"])
    return SimpleNamespace(**made, schema_=schema, image=image)


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
