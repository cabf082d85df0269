"""What is promised to callers, and so what alerts watch."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pydantic import Field

from modelspec.spec.base import Duration, Percent, Strict


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


class Monitor(Strict):
    """What is watched."""

    slo: Slo = Field(default=Slo(), description="Service level objectives.")
