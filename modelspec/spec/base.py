"""What all parts of the language share: strict frozen models, and the types of their values."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from modelspec.spec.scalar import boolean, integer, number
from modelspec.spec.units import (
    DURATION,
    PERCENT,
    duration,
    duration_text,
    percent,
    percent_text,
)


class Strict(BaseModel):
    """A part of a spec: frozen, no unknown keys, no silent conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


Integer = Annotated[int, BeforeValidator(integer)]
"""A whole number; text in quotes is not one."""

Number = Annotated[float, BeforeValidator(number)]
"""A finite number; text in quotes is not one."""

Boolean = Annotated[bool, BeforeValidator(boolean)]
"""`true` or `false`, without quotes; the other words of YAML 1.1 are text."""

Percent = Annotated[
    Decimal,
    BeforeValidator(percent),
    PlainSerializer(percent_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{PERCENT.pattern}$", "examples": ["20%"]}),
]
"""A share of the whole, written `20%`, held as an exact fraction (0.2)."""

Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    PlainSerializer(duration_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION.pattern}$", "examples": ["50ms"]}),
]
"""A length of time with one unit of Prometheus: `50ms`, `5m`, `30d`; to the microsecond."""
