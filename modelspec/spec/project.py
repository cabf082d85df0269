"""`kind: Project`, the optional `modelspec.yaml` at the top of a repository."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from modelspec.spec.base import Strict
from modelspec.spec.paths import RegistryPrefix
from modelspec.spec.validate import load_kind

FILE = "modelspec.yaml"


class Project(Strict):
    """What all models of a repository share."""

    apiVersion: Literal["modelspec/v1"] = Field(  # noqa: N815  (Kubernetes' spelling)
        description="The version of the language.", examples=["modelspec/v1"]
    )
    kind: Literal["Project"] = Field(description="What this file describes.", examples=["Project"])
    registry: RegistryPrefix | None = Field(
        default=None,
        description="Where images are pushed, `host[:port]/prefix`; left out: nowhere.",
        examples=["127.0.0.1:5000/team"],
    )


def load_project(content: bytes, file: str) -> Project:
    """Read and check a `modelspec.yaml`.

    Args:
        content: its bytes, UTF-8.
        file: its name, for messages.

    Raises:
        InputError: every problem there is, in the order of the file.
    """
    return load_kind(Project, "Project", content, file)[0]
