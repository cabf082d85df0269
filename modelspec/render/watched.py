"""A model where it runs, and what all rules about it share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from modelspec.render.promql import go_text

INTERVAL = "30s"

Rule = dict[str, Any]
Group = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Watched:
    """A model where it runs.

    Attributes:
        name: of the model, which is the `job` of its series too.
        version: MAJOR.MINOR.PATCH, for the labels of alerts.
        owner: for the annotations of alerts; may be empty.
        environment: its name, which keeps what is recorded apart from that of other environments.
        namespace: of its pods; None if that is up to whoever applies.
    """

    name: str
    version: str
    owner: str
    environment: str
    namespace: str | None = None

    @property
    def model_version(self) -> str:
        """MAJOR.MINOR: what the runtime knows of the version."""
        return self.version.rpartition(".")[0]

    @property
    def scraped(self) -> dict[str, str]:
        """Labels of the series of its pods, and of no others if the namespace is known."""
        return {"job": self.name} | ({"namespace": self.namespace} if self.namespace else {})

    @property
    def labels(self) -> dict[str, str]:
        """Labels of what is recorded about it."""
        return {"model": self.name, "environment": self.environment}


def group(name: str, rules: Sequence[Rule], interval: str = INTERVAL) -> Group:
    """Rules that are evaluated one after the other, once an interval."""
    return {"name": name, "interval": interval, "rules": list(rules)}


def described(watched: Watched, summary: str, description: str) -> Mapping[str, str]:
    """What people read of an alert; both are Go templates."""
    about = {"summary": summary, "description": description}
    return {**about, "owner": go_text(watched.owner)} if watched.owner else about


def plain(number: Decimal) -> str:
    """A number without an exponent and trailing zeros."""
    return f"{number.normalize():f}"
