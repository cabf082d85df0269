"""The top-level shape of a `model.yaml`, and its canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from modelspec.spec.base import Strict
from modelspec.spec.data import Data
from modelspec.spec.evaluation import Evaluate
from modelspec.spec.metadata import Metadata
from modelspec.spec.monitoring import Monitor
from modelspec.spec.network import Network
from modelspec.spec.serving import Container, Deploy, ExportFormat, Serve
from modelspec.spec.training import Train

Task = Literal["binary_classification", "multiclass_classification", "regression"]


class ModelSpec(Strict):
    """One model, from rows to alerts."""

    apiVersion: Literal["modelspec/v1"] = Field(  # noqa: N815  (Kubernetes' spelling)
        description="The version of the language.", examples=["modelspec/v1"]
    )
    kind: Literal["Model"] = Field(description="What this file describes.", examples=["Model"])
    metadata: Metadata = Field(description="Names and owners.", examples=["{name: churn}"])
    task: Task = Field(description="What is predicted.", examples=["binary_classification"])
    data: Data = Field(
        description="Where rows come from.",
        examples=["{source: data/churn.csv, target: churned}"],
    )
    model: Network = Field(description="The shape of the network.", examples=["{type: mlp}"])
    train: Train = Field(default=Train(), description="How the network is fitted.")
    evaluate: Evaluate = Field(default=Evaluate(), description="What is measured and must hold.")
    export: tuple[ExportFormat, ...] = Field(
        default=("tflite",), min_length=1, description="File formats of the model."
    )
    container: Container = Field(default=Container(), description="The serving image.")
    serve: Serve = Field(default=Serve(), description="What runs in the container.")
    deploy: Deploy = Field(default=Deploy(), description="How it runs in Kubernetes.")
    monitor: Monitor = Field(default=Monitor(), description="What is promised and watched.")

    def canonical(self) -> dict[str, Any]:
        """Plain data that two specs share exactly if they mean the same.

        Defaults are left out, units are normalized, short forms are spelled out; it survives
        JSON, and `from_canonical` reads it back.
        """
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def from_canonical(cls, canonical: Mapping[str, Any]) -> ModelSpec:
        """The spec that `canonical` was made from.

        Raises:
            pydantic.ValidationError: if it is not the canonical form of any spec.
        """
        return cls.model_validate(frozen(canonical))


def frozen(value: Any) -> Any:
    """Lists as tuples, all the way down: JSON has only lists, the strict models only tuples."""
    if isinstance(value, Mapping):
        return {name: frozen(item) for name, item in value.items()}
    if isinstance(value, list):
        return tuple(frozen(item) for item in value)
    return value
