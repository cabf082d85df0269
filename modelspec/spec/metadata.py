"""Who and what the model is: names and owners."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from modelspec.spec.base import Strict
from modelspec.spec.labels import LabelKey, LabelValue
from modelspec.spec.paths import Name
from modelspec.spec.scalar import Wrong


def _one_line(value: str) -> str:
    if "\n" in value:
        raise Wrong("must be one line")
    return value


class Metadata(Strict):
    """Names the tag, the image and every object."""

    name: Name = Field(
        description="Lower-case letters, digits and `-`; names the tag, the image, every object.",
        examples=["churn"],
    )
    labels: dict[LabelKey, LabelValue] = Field(
        default={},
        description="What models are selected by, on the command line and in a cluster: labels "
        "of every object, and of no pod.",
        examples=["{team: growth, tier: gold}"],
    )
    owner: Annotated[str, AfterValidator(_one_line)] = Field(
        default="", max_length=200, description="The team or person to ask."
    )
    description: str = Field(
        default="", max_length=2000, description="What the model predicts, in a sentence or two."
    )
