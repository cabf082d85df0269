"""Series whose labels never change: their text is made once, and filled in at each scrape.

With hundreds of bins that is a hundred times quicker than making all of it each time, which
would hold up every request that comes in meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric


class Series:
    """One metric, to be read by Prometheus.

    Args:
        metric: with all its samples, at whatever values.
    """

    def __init__(self, metric: Metric) -> None:
        lines = generate_latest(_Only(metric)).decode().rstrip("\n").split("\n")
        self._head = [line for line in lines if line.startswith("#")]
        self._samples = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]

    def text(self, values: Iterable[float]) -> str:
        """The samples at these values, in the order in which `metric` has them."""
        pairs = zip(self._samples, values, strict=True)
        lines = [*self._head, *[f"{sample} {value}" for sample, value in pairs]]
        return "\n".join(lines) + "\n"


class _Only(Collector):
    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterator[Metric]:
        yield self._metric
