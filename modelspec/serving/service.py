"""Answering a prediction, whichever protocol asks: order, limits and counts are the same."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .admission import Admission
from .body import SWEEP_SECONDS
from .contract import SMALL_BODY_BYTES
from .log import log
from .problems import Problem

if TYPE_CHECKING:
    from .body import Reader
    from .exchange import Exchange, Headers
    from .metrics import Metrics
    from .model import Model


class Service:
    """Predictions until it is told to drain.

    Args:
        model: computes.
        metrics: counts.
        reader: of what is asked.

    Attributes:
        ready: whether it wants more requests; False while the server drains.
    """

    def __init__(self, model: Model, metrics: Metrics, reader: Reader) -> None:
        self.ready = False
        self.metrics, self.reader = metrics, reader
        self._model, self._admission = model, Admission()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on requests are wanted."""
        self._look_around(loop)
        self.ready = True

    def _look_around(self, loop: asyncio.AbstractEventLoop) -> None:
        self.reader.sweep()
        self._admission.adapt()
        loop.call_later(SWEEP_SECONDS, self._look_around, loop)

    @property
    def full(self) -> bool:
        """Whether a request would have to wait for too many others."""
        return self.metrics.in_flight - self.reader.stalled >= self._admission.most

    async def predict(
        self, exchange: Exchange, headers: Any, body: bytes, started: float
    ) -> tuple[bytes, Headers]:
        """The answer to one request, counted if there is one; see `failed` for the others.

        Args:
            exchange: what the request means.
            headers: of the request.
            body: of the request.
            started: when it came, by `perf_counter`.

        Raises:
            Problem: it is refused, or failed.
        """
        try:
            begun = perf_counter()
            if len(body) <= SMALL_BODY_BYTES:
                rows, write = exchange(body, headers)
                if len(rows) <= self._model.turn_rows:
                    answer = write(self._model.outputs(rows))
                    ended = perf_counter()
                    self._admission.seconds += ended - begun
                    self._admission.answered += 1
                else:
                    async with self._admission.turn:
                        answer = write(await self._model.outputs_in_turns(rows))
                    ended = perf_counter()
            else:
                async with self._admission:
                    await asyncio.sleep(0)
                    rows, write = exchange(body, headers)
                    answer = write(await self._model.outputs_in_turns(rows))
                ended = perf_counter()
        except Problem:
            raise
        except Exception as error:  # noqa: BLE001 - a caller gets an answer whatever happens
            log("error", "a prediction failed", error=type(error).__name__)
            raise Problem(500, "the prediction failed") from None
        self.metrics.requests[200] += 1
        self.metrics.predictions += len(rows)
        self.metrics.observe(ended - started)
        return answer

    def turned_away(self) -> None:
        """Counts a request that came while it was full; costs as little as it can."""
        self.metrics.requests[503] += 1
        self.metrics.observe(0.0)

    def failed(self, problem: Problem, started: float) -> None:
        """Counts a request that was refused, or failed."""
        self.metrics.requests[problem.status] += 1
        if problem.status >= 500:
            self.metrics.nan_outputs = self._model.nan_outputs
            self.metrics.observe(perf_counter() - started)
