"""`kind: Environment`, the files of `environments/`: which release of which model runs where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field

from modelspec.diagnostics import Diagnostic
from modelspec.spec.base import Strict
from modelspec.spec.default import LoadedEnvironment
from modelspec.spec.monitoring import Monitor
from modelspec.spec.partial import Partial
from modelspec.spec.paths import ExactVersion, Label, Name, RegistryPrefix
from modelspec.spec.places import Node, Path, Places
from modelspec.spec.scalar import show
from modelspec.spec.serving import Deploy
from modelspec.spec.suggest import did_you_mean
from modelspec.spec.validate import load_kind


class EnvironmentMetadata(Strict):
    """Names the folder of what is rendered."""

    name: Label = Field(
        description="The name of the file without .yaml; names the folder below deploy/.",
        examples=["prod"],
    )


class Changes(Strict):
    """Keys of a model that are different in one environment."""

    deploy: Partial[Deploy] = Field(
        default_factory=Partial, description="Keys of `deploy` that are different here."
    )
    monitor: Partial[Monitor] = Field(
        default_factory=Partial, description="Keys of `monitor` that are different here."
    )


class Overrides(Changes):
    """What is different here: of all models, and then of single ones.

    Later wins: `model.yaml`, `deploy` and `monitor` here, those of `models.<name>`. Mappings are
    merged key by key; anything else is replaced.
    """

    models: dict[Name, Changes] = Field(
        default={},
        description="By name of a model: what is different of it alone.",
        examples=["{churn: {deploy: {replicas: {min: 4}}}}"],
    )


class Environment(Strict):
    """Where models run, and which releases of them."""

    apiVersion: Literal["modelspec/v1"] = Field(  # noqa: N815  (Kubernetes' spelling)
        description="The version of the language.", examples=["modelspec/v1"]
    )
    kind: Literal["Environment"] = Field(
        description="What this file describes.", examples=["Environment"]
    )
    metadata: EnvironmentMetadata = Field(description="Its name.", examples=["{name: prod}"])
    namespace: Label | None = Field(
        default=None,
        description="The Kubernetes namespace of every object; left out: whoever applies decides.",
        examples=["models-prod"],
    )
    registry: RegistryPrefix | None = Field(
        default=None,
        description="Where its images are, `host[:port]/prefix`; left out: where they were pushed.",
        examples=["registry.example.com/prod"],
    )
    target: Literal["kubernetes"] = Field(
        default="kubernetes", description="What runs there, and so what is rendered."
    )
    promote: Literal["manual", "automatic"] = Field(
        default="manual",
        description="`manual`: people set versions. `automatic`: apply sets what HEAD asks for.",
    )
    models: dict[Name, ExactVersion] = Field(
        default={},
        description="By name of a model: the exact version that runs.",
        examples=["{churn: 1.4.0}"],
    )
    overrides: Overrides = Field(
        default_factory=Overrides, description="What is different from the models' own files."
    )

    @property
    def name(self) -> str:
        """The stem of its file, and the folder below `deploy/`."""
        return self.metadata.name

    @property
    def is_automatic(self) -> bool:
        """Whether `apply` sets its versions."""
        return self.promote == "automatic"

    def changes(self, model: str) -> Iterator[tuple[Path, Changes]]:
        """What is different of a model, each with its path in the file; later ones win."""
        yield ("overrides",), self.overrides
        if model in self.overrides.models:
            yield ("overrides", "models", model), self.overrides.models[model]


def load_environment(content: bytes, file: str) -> LoadedEnvironment:
    """Read and check a file of `environments/`.

    Args:
        content: its bytes, UTF-8.
        file: its path in the repository, for messages; its stem is the environment's name.

    Raises:
        InputError: every problem there is, in the order of the file.
    """
    environment, places = load_kind(
        Environment, "Environment", content, file, lambda p: (*_misnamed(p), *_without_effect(p))
    )
    return LoadedEnvironment(environment, places)


def _misnamed(places: Places) -> Iterator[Diagnostic]:
    file, path = PurePosixPath(places.file), ("metadata", "name")
    node = places.find(path)
    if node and isinstance(node.value, str) and node.value != file.stem:
        message = f"the environment is called {show(node.value)}, and its file {file.name}"
        hint = f"rename the file to {node.value}.yaml, or write name: {file.stem}"
        yield places.diagnostic(message, places.value(path), hint)


def _without_effect(places: Places) -> Iterator[Diagnostic]:
    """Overrides of nothing, and of models that do not come here."""
    above: Path = ("overrides", "models")
    if overrides := places.find(above[:1]):
        for path in _empty(overrides, above[:1]):
            hint = "write a key that is different here, or leave it out"
            yield places.diagnostic("this override changes nothing", places.key(path), hint)
    models, promote = places.find(("models",)), places.find(("promote",))
    if promote and promote.value == "automatic":  # every model of the repository comes here
        return
    named = list(models.children) if models else []
    overridden = places.find(above)
    for name in overridden.children if overridden else ():
        if name not in named:
            message = f"{show(name)} does not run here, so this override changes nothing"
            hint = did_you_mean(str(name), map(str, named)) if named else "promote it first"
            yield places.diagnostic(message, places.key((*above, name)), hint)


def _empty(node: Node, path: Path) -> Iterator[Path]:
    if node.value == {} and path not in (("overrides",), ("overrides", "models")):
        yield path
    for step, child in node.children.items():
        yield from _empty(child, (*path, step))
