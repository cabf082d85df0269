"""How the network is fitted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from modelspec.spec.base import Integer, Number, Strict


class EarlyStopping(Strict):
    """Stop when `metric` on the validation rows has not improved for `patience` epochs."""

    metric: str = Field(default="loss", description="`loss`, or a metric of the task.")
    patience: Integer = Field(
        default=10, ge=1, le=100_000, description="Epochs without improvement before it stops."
    )


class Train(Strict):
    """Adam on mini-batches; the weights of the best epoch are kept."""

    epochs: Integer = Field(
        default=50, ge=1, le=100_000, description="At most this many passes over the rows."
    )
    batch_size: Integer = Field(default=32, ge=1, le=1_000_000, description="Rows a step.")
    learning_rate: Number = Field(default=0.001, gt=0, le=10, description="Adam's step size.")
    class_weight: Literal["balanced"] | None = Field(
        default=None,
        description="`balanced` weighs classes by 1 / frequency. Left out: rows count the same.",
    )
    early_stopping: EarlyStopping = Field(
        default=EarlyStopping(), description="When to stop before `epochs`."
    )
