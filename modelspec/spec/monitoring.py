"""What is promised to callers, and so what alerts watch."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pydantic import Field

from modelspec.spec.base import Duration, Number, Percent, Strict


class Slo(Strict):
    """Service level objectives over a rolling `window`.

    `latency_p99`: 99 % of answers come within it. It must be a bucket of the runtime.
    """

    availability: Percent = Field(
        default=Decimal("0.999"), gt=0, lt=1, description="Share of requests answered well."
    )
    latency_p99: Duration = Field(
        default=timedelta(milliseconds=50),
        gt=timedelta(0),
        description="99 % of answers come within it; one of the runtime's histogram buckets.",
    )
    window: Duration = Field(
        default=timedelta(days=30),
        ge=timedelta(days=1),
        le=timedelta(days=365),
        description="The rolling time over which the objectives hold.",
    )


class Drift(Strict):
    """Population stability indexes of live rows against training rows, over a day.

    Of each feature that is not personal, and of what the model answers.
    """

    warn: Number = Field(default=0.1, gt=0, le=100, description="A small shift: a ticket above it.")
    alert: Number = Field(
        default=0.25, gt=0, le=100, description="A large shift: another ticket above it."
    )


class Quality(Strict):
    """A metric of late labels, over a week; needs `serve.feedback: true`."""

    metric: str = Field(
        description="A metric that can be counted pair by pair, such as recall or mae.",
        examples=["recall"],
    )
    alert: Number = Field(description="A ticket when it is worse than this.", examples=[0.55])


class Monitor(Strict):
    """What is watched."""

    slo: Slo = Field(default=Slo(), description="Service level objectives.")
    drift: Drift | None = Field(
        default=None,
        description="Whether live rows look like training rows. Left out: no alerts about it.",
        examples=[{"warn": 0.1, "alert": 0.25}],
    )
    quality: Quality | None = Field(
        default=None,
        description="Whether answers turn out to be right. Left out: no alert about it.",
        examples=[{"metric": "recall", "alert": 0.55}],
    )
