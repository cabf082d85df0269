"""What is exported, what runs in the container, and what it is given."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from modelspec.spec.base import Boolean, Integer, Percent, Strict
from modelspec.spec.paths import Cpu, ImageReference, Memory
from modelspec.spec.scalar import Wrong, boolean


def _switch(value: Any) -> Any:
    try:
        return boolean(value)
    except Wrong as wrong:
        if isinstance(value, str) and not wrong.hint:  # the thing itself, perhaps
            hint = "write true, and put what is secret into the Secret"
            raise Wrong("must be true or false", hint, secret=True) from None
        raise


Switch = Annotated[bool, BeforeValidator(_switch)]
"""`true` or `false` where a secret may be written by mistake: no message shows it."""

ExportFormat = Literal["savedmodel", "onnx", "tflite"]


class Container(Strict):
    """The image that the serving layers are put on."""

    base: ImageReference = Field(
        default="python:3.11-slim-bookworm", description="An image with Python 3.11."
    )


class Serve(Strict):
    """How the container answers."""

    runtime: ExportFormat = Field(
        default="tflite",
        description="Which export runs in the container: by LiteRT, ONNX Runtime or TensorFlow.",
    )
    feedback: Boolean = Field(
        default=False,
        description="Takes late labels at `:feedback`, behind a bearer token.",
    )


class Replicas(Strict):
    """Bounds of the HorizontalPodAutoscaler."""

    min: Integer = Field(default=2, ge=1, le=1000, description="At least this many pods.")
    max: Integer = Field(default=10, ge=1, le=1000, description="At most this many pods.")
    target_cpu: Percent = Field(
        default=Decimal("0.7"), gt=0, le=1, description="More pods above this share of `cpu`."
    )


class Resources(Strict):
    """Requests of one pod, as Kubernetes quantities; the memory limit equals the request."""

    cpu: Cpu = Field(default="500m", description="Cores: 500m is half a core.")
    memory: Memory = Field(default="256Mi", description="Request and limit of memory.")


class Deploy(Strict):
    """How many pods, how large, and who may ask them."""

    replicas: Replicas = Field(default=Replicas(), description="How many pods.")
    resources: Resources = Field(default=Resources(), description="How large each is.")
    token: Switch = Field(
        default=False,
        description="Callers show a bearer token: that of the Secret `<name>-token`.",
    )
