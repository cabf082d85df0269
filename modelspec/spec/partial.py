"""Some keys of a part of a spec: what an override holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

M = TypeVar("M", bound=BaseModel)


class Partial(Generic[M]):
    """A mapping whose keys and values are right for `M`, though keys may be missing.

    Attributes:
        tree: the mapping as the file has it. What it means shows once it is merged.
    """

    __slots__ = ("tree",)

    def __init__(self, tree: Mapping[str, Any] | None = None) -> None:
        self.tree = tree or {}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate as `M` does, but for what is missing."""
        (model,) = get_args(source)

        def read(value: Any, validate: core_schema.ValidatorFunctionWrapHandler) -> Partial[M]:
            try:
                validate(value)
            except ValidationError as error:
                kept = [_again(e) for e in error.errors(include_url=False) if not _is_missing(e)]
                if kept:
                    raise ValidationError.from_exception_data(error.title, kept) from None
            return cls(value)

        return core_schema.no_info_wrap_validator_function(read, handler(model))


def _is_missing(error: Any) -> bool:
    return bool(error["type"] == "missing")


def _again(error: Any) -> InitErrorDetails:
    return InitErrorDetails(
        type=error["type"], loc=error["loc"], input=error["input"], ctx=error.get("ctx", {})
    )
