"""Answering a prediction, whichever protocol asks: order, limits and counts are the same."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .admission import Admission
from .body import SWEEP_SECONDS, ClientGoneError, Reader
from .contract import CLIENT_GONE, SMALL_BODY_BYTES
from .log import log
from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from .exchange import Exchange, Headers
    from .metrics import Metrics
    from .model import Model


class Service:
    """Predictions until it is told to drain.

    Args:
        model: computes.
        metrics: counts.

    Attributes:
        ready: whether it wants more requests; False while the server drains.
        reader: of what is asked.
    """

    def __init__(self, model: Model, metrics: Metrics) -> None:
        self.ready = False
        self.metrics = metrics
        self.reader = Reader()
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
        self, exchange: Exchange, headers: Any, arriving: Awaitable[bytes]
    ) -> tuple[bytes, Headers]:
        """The answer to one request, counted whatever comes of it.

        Args:
            exchange: what the request means.
            headers: of the request.
            arriving: its body; see `Reader`.

        Raises:
            Problem: it is refused, or failed.
            ClientGoneError: nobody is there any more to be answered.
        """
        metrics = self.metrics
        started = perf_counter()
        metrics.in_flight += 1
        try:
            body = await arriving
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
            metrics.requests[200] += 1
            metrics.predictions += len(rows)
            metrics.observe(ended - started)
        except Problem as problem:
            self._count(problem, started)
            raise
        except ClientGoneError:
            metrics.requests[CLIENT_GONE] += 1
            raise
        except Exception as error:  # noqa: BLE001 - a caller gets an answer whatever happens
            log("error", "a prediction failed", error=type(error).__name__)
            failed = Problem(500, "the prediction failed")
            self._count(failed, started)
            raise failed from None
        else:
            return answer
        finally:
            metrics.in_flight -= 1

    def turned_away(self) -> None:
        """Counts a request that came while it was full; costs as little as it can."""
        self.metrics.requests[503] += 1
        self.metrics.observe(0.0)

    def _count(self, problem: Problem, started: float) -> None:
        self.metrics.requests[problem.status] += 1
        if problem.status >= 500:
            self.metrics.nan_outputs = self._model.nan_outputs
            self.metrics.observe(perf_counter() - started)
