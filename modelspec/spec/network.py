"""The shape of the network."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from modelspec.spec.base import Integer, Number, Strict


class Linear(Strict):
    """One dense layer: logistic, softmax or linear regression, by the task."""

    type: Literal["linear"] = Field(description="One dense layer.")


class Mlp(Strict):
    """Dense layers with ReLU, each followed by dropout."""

    type: Literal["mlp"] = Field(description="A multilayer perceptron.")
    layers: tuple[Annotated[Integer, Field(ge=1, le=65536)], ...] = Field(
        default=(64, 32),
        min_length=1,
        max_length=32,
        description="Units of each hidden layer.",
    )
    dropout: Number = Field(
        default=0.0, ge=0, lt=1, description="Share of units that are silenced while training."
    )


Network = Annotated[Linear | Mlp, Field(discriminator="type")]
