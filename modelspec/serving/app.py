"""The HTTP side: who is let in, what is counted, statuses, as an RSGI application."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import metrics as exposition
from . import problems
from .admission import RETRY, Admission, overloaded
from .body import SWEEP_SECONDS, ClientGoneError, Reader
from .contract import (
    CLIENT_GONE,
    HEALTH_ROUTE,
    METRICS_ROUTE,
    READY_ROUTE,
    SMALL_BODY_BYTES,
)
from .exchange import JSON
from .log import log
from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from .exchange import Exchange, Headers
    from .metrics import Metrics
    from .model import Model
    from .routes import Routes

_CLOSE = ("connection", "close")
_TEXT: Headers = [("content-type", "text/plain; charset=utf-8")]
_PROBLEM: Headers = [("content-type", problems.MEDIA_TYPE)]
_OVERLOADED = overloaded().body()
_SMALL_DIGITS = len(str(SMALL_BODY_BYTES))


class Application:
    """Answers requests until it is told to drain.

    Args:
        model: computes.
        routes: what is at which path.
        metrics: counts.

    Attributes:
        ready: what `/readyz` says; False while the server drains.
    """

    def __init__(self, model: Model, routes: Routes, metrics: Metrics) -> None:
        self.ready = False
        self._model, self._metrics = model, metrics
        self._asked, self._shown = routes.asked, routes.shown
        self._reader, self._admission = Reader(), Admission()
        self._turn = asyncio.Lock()
        self._own = {
            HEALTH_ROUTE: self._health,
            READY_ROUTE: self._readiness,
            METRICS_ROUTE: self._scrape,
        }

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the server when it starts to listen."""
        self._look_around(loop)
        self.ready = True

    def _look_around(self, loop: asyncio.AbstractEventLoop) -> None:
        self._reader.sweep()
        self._admission.adapt()
        loop.call_later(SWEEP_SECONDS, self._look_around, loop)

    def drain(self) -> None:
        """From now on `/readyz` says no, and whoever is answered is asked to go elsewhere."""
        self.ready = False

    def __rsgi__(self, scope: Any, protocol: Any) -> Coroutine[Any, Any, None]:
        """Answers one request."""
        exchange = self._asked.get(scope.path)
        if exchange is None or scope.method != "POST":
            return self._other(scope.path, scope.method, protocol)
        if self._metrics.in_flight - self._reader.stalled >= self._admission.most:
            return self._turn_away(protocol)
        return self._predict(exchange, scope.headers, protocol)

    async def _predict(self, exchange: Exchange, headers: Any, protocol: Any) -> None:
        metrics = self._metrics
        started = perf_counter()
        metrics.in_flight += 1
        try:
            length = headers.get("content-length")
            if length is not None and len(length) <= _SMALL_DIGITS:
                body = await self._reader.read(headers, protocol, length, started)
                begun = perf_counter()
                rows, write = exchange(body, headers)
                if len(rows) <= self._model.turn_rows:
                    answer, kind = write(self._model.outputs(rows))
                    ended = perf_counter()
                    self._admission.seconds += ended - begun
                    self._admission.answered += 1
                else:
                    async with self._turn:
                        answer, kind = write(await self._model.outputs_in_turns(rows))
                    ended = perf_counter()
            else:
                with self._admission:
                    body = await self._reader.read(headers, protocol, length, started)
                    async with self._turn:
                        await asyncio.sleep(0)
                        rows, write = exchange(body, headers)
                        answer, kind = write(await self._model.outputs_in_turns(rows))
                ended = perf_counter()
            metrics.requests[200] += 1
            metrics.predictions += len(rows)
            metrics.observe(ended - started)
            protocol.response_bytes(200, kind if self.ready else [*kind, _CLOSE], answer)
        except Problem as problem:
            self._failed(protocol, problem, started)
        except ClientGoneError:
            metrics.requests[CLIENT_GONE] += 1
        except Exception as error:  # noqa: BLE001 - a caller gets an answer whatever happens
            log("error", "a prediction failed", error=type(error).__name__)
            self._failed(protocol, Problem(500, "the prediction failed"), started)
        finally:
            metrics.in_flight -= 1

    async def _turn_away(self, protocol: Any) -> None:
        """Costs as little as it can: it is done most when there is least time."""
        self._metrics.requests[503] += 1
        self._metrics.observe(0.0)
        headers = [*_PROBLEM, RETRY] if self.ready else [*_PROBLEM, RETRY, _CLOSE]
        protocol.response_bytes(503, headers, _OVERLOADED)

    def _failed(self, protocol: Any, problem: Problem, started: float) -> None:
        if problem.status >= 500:
            self._metrics.nan_outputs = self._model.nan_outputs
            self._metrics.observe(perf_counter() - started)
        more = (RETRY,) if problem.status == 503 else ()
        self._count_and_refuse(protocol, problem, *more)

    async def _other(self, path: str, method: str, protocol: Any) -> None:
        if path in self._asked:
            self._count_and_refuse(protocol, _not_allowed("POST"), ("allow", "POST"))
        elif path not in self._shown and path not in self._own:
            self._count_and_refuse(protocol, Problem(404, "there is nothing at this path"))
        elif method != "GET":
            self._refuse(protocol, _not_allowed("GET"), ("allow", "GET"))
        elif path in self._own:
            self._own[path](protocol)
        else:
            self._show(self._shown[path](self.ready), protocol)

    def _show(self, body: bytes | None, protocol: Any) -> None:
        if body is None:
            self._refuse(protocol, _stopping())
        else:
            protocol.response_bytes(200, JSON, body)

    def _health(self, protocol: Any) -> None:
        protocol.response_bytes(200, _TEXT, b"ok\n")

    def _readiness(self, protocol: Any) -> None:
        if self.ready:
            protocol.response_bytes(200, _TEXT, b"ready\n")
        else:
            self._refuse(protocol, _stopping())

    def _scrape(self, protocol: Any) -> None:
        headers = [("content-type", exposition.MEDIA_TYPE)]
        protocol.response_bytes(200, headers, self._metrics.exposition())

    def _count_and_refuse(self, protocol: Any, problem: Problem, *more: tuple[str, str]) -> None:
        self._metrics.requests[problem.status] += 1
        self._refuse(protocol, problem, *more)

    def _refuse(self, protocol: Any, problem: Problem, *more: tuple[str, str]) -> None:
        headers = [*_PROBLEM, *more]
        if problem.close or not self.ready:
            headers.append(_CLOSE)
        protocol.response_bytes(problem.status, headers, problem.body())


def _not_allowed(method: str) -> Problem:
    return Problem(405, f"only {method} is allowed here")


def _stopping() -> Problem:
    return Problem(503, "the server is stopping", close=True)
