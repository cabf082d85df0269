"""Text inside PromQL, and inside the Go templates of alert labels and annotations."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=256)
def label_value(value: str) -> str:
    """A label value as a string of PromQL.

    In single quotes, so that an expression needs no escapes inside double-quoted YAML.
    """
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r") + "'"


def selector(metric: str, /, **labels: str) -> str:
    """A metric with matchers. They are `=` only: no value can widen what is selected."""
    matchers = ", ".join(f"{name}={label_value(value)}" for name, value in labels.items())
    return f"{metric}{{{matchers}}}" if matchers else metric


def rate(metric: str, window: str, /, **labels: str) -> str:
    """The rate of a counter per second, per series."""
    return f"rate({selector(metric, **labels)}[{window}])"


def union(expressions: Iterable[str]) -> str:
    """The series of all of the expressions; their label sets must differ."""
    return " or ".join(expressions)


def go_text(value: str) -> str:
    """Text that a Go template prints as it stands; Prometheus expands labels and annotations."""
    return value.replace("{{", '{{ "{{" }}')
