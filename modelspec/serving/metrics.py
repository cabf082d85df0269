"""Counters that cost next to nothing to count, and how Prometheus reads them.

The series are fixed: labels come from the contract and the model, never from a request.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector

from .contract import (
    CODES,
    DURATION_BUCKETS,
    IN_FLIGHT,
    LABEL_CODE,
    MODEL_INFO,
    MODEL_INFO_LABELS,
    NAN_OUTPUTS,
    PREDICTIONS,
    REQUEST_DURATION,
    REQUESTS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from prometheus_client import Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics(Collector):
    """What the server counts; plain numbers, as one thread counts them.

    Probes, scrapes and descriptions of the model are not requests in this sense: they would
    hide failing predictions behind their own success.

    Args:
        model: values of the labels `MODEL_INFO_LABELS`.
        others: what else is counted, in the text format of Prometheus.

    Attributes:
        requests: by status code.
        in_flight: predictions that are being read or computed.
        predictions: rows answered.
        nan_outputs: rows to which the network gave no finite answer.
    """

    def __init__(self, model: Mapping[str, str], *others: Callable[[], str]) -> None:
        self._model = model
        self._others = others
        self.requests = dict.fromkeys(map(int, CODES), 0)
        self.in_flight = 0
        self.predictions = 0
        self.nan_outputs = 0
        self._durations = [0] * (len(DURATION_BUCKETS) + 1)
        self._seconds = 0.0
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def observe(self, seconds: float) -> None:
        """Counts how long a prediction took that succeeded or failed by our own fault."""
        self._durations[bisect_left(DURATION_BUCKETS, seconds)] += 1
        self._seconds += seconds

    def exposition(self) -> bytes:
        """All series in the text format of Prometheus."""
        others = "".join(exposition() for exposition in self._others)
        return generate_latest(self._registry) + others.encode()

    def collect(self) -> Iterator[Metric]:
        """All series, as prometheus_client asks for them."""
        bounds = [*(str(bound) for bound in DURATION_BUCKETS), "+Inf"]
        yield HistogramMetricFamily(
            REQUEST_DURATION,
            "Time to answer a prediction, of those answered with 2xx or 5xx.",
            buckets=list(zip(bounds, accumulate(self._durations), strict=True)),
            sum_value=self._seconds,
        )
        requests = CounterMetricFamily(
            REQUESTS, "Requests for a prediction, and those to no route.", labels=[LABEL_CODE]
        )
        for code, count in self.requests.items():
            requests.add_metric([str(code)], count)
        yield requests
        yield GaugeMetricFamily(IN_FLIGHT, "Predictions under way.", self.in_flight)
        yield CounterMetricFamily(PREDICTIONS, "Rows answered.", self.predictions)
        yield CounterMetricFamily(
            NAN_OUTPUTS, "Rows to which the model gave no finite answer.", self.nan_outputs
        )
        info = GaugeMetricFamily(MODEL_INFO, "The model that answers.", labels=MODEL_INFO_LABELS)
        info.add_metric([self._model[label] for label in MODEL_INFO_LABELS], 1)
        yield info
