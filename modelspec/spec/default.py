"""The environment of a repository without files of environments: known without pydantic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from modelspec.diagnostics import Diagnostic
from modelspec.spec.places import Path, Places

if TYPE_CHECKING:
    from modelspec.spec.environment import Environment

FOLDER = "environments"
"""Where files of environments are."""


@dataclass(frozen=True, slots=True)
class LoadedEnvironment:
    """An environment, with the places of its keys for later messages.

    Attributes:
        places: None for `default`, which has no file.
    """

    environment: Environment
    places: Places | None = None

    def diagnostic(self, message: str, path: Path, hint: str = "") -> Diagnostic:
        """A problem at the value of a path, or at what encloses it."""
        if self.places is None:
            return Diagnostic(message, hint=hint)
        return self.places.diagnostic(message, self.places.value(path), hint)


class _Default:
    """What `Environment` would be with this name and `promote: automatic`."""

    name = "default"
    namespace = None
    registry = None
    target = "kubernetes"
    promote = "automatic"
    is_automatic = True
    models: Mapping[str, str] = {}

    def changes(self, _model: str) -> Iterator[Any]:
        """None."""
        return iter(())


DEFAULT = LoadedEnvironment(cast("Environment", _Default()))
"""The environment of a repository without files of environments."""
