"""The HTTP side: routes, statuses and limits, as an RSGI application."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import metrics as exposition
from . import problems
from .body import ClientGoneError, Reader
from .contract import (
    CLIENT_GONE,
    HEALTH_ROUTE,
    METRICS_ROUTE,
    MODEL_ROUTE,
    PREDICT_ROUTE,
    READY_ROUTE,
)
from .log import log
from .problems import Problem

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

    from .metrics import Metrics
    from .model import Model

Headers = list[tuple[str, str]]

_CLOSE = ("connection", "close")
_JSON: Headers = [("content-type", "application/json")]
_TEXT: Headers = [("content-type", "text/plain; charset=utf-8")]


class Application:
    """Answers requests until it is told to drain.

    Args:
        model: answers predictions.
        description: the body of `GET /v1/models/<name>`.
        metrics: counts.

    Attributes:
        ready: what `/readyz` says; False while the server drains.
    """

    def __init__(self, model: Model, description: bytes, metrics: Metrics) -> None:
        self.ready = False
        self._model, self._description, self._metrics = model, description, metrics
        self._reader = Reader()
        self._predict_path = PREDICT_ROUTE.format(name=model.name)
        self._gets = {
            HEALTH_ROUTE: self._health,
            READY_ROUTE: self._readiness,
            METRICS_ROUTE: self._scrape,
            MODEL_ROUTE.format(name=model.name): self._describe,
        }
        self._json = _JSON  # of answered predictions; while draining it closes connections

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the server when it starts to listen."""
        self._reader.watch(loop)
        self.ready = True

    def drain(self) -> None:
        """From now on `/readyz` says no, and whoever is answered is asked to go elsewhere."""
        self.ready = False
        self._json = [*_JSON, _CLOSE]

    def __rsgi__(self, scope: Any, protocol: Any) -> Coroutine[Any, Any, None]:
        """Answers one request."""
        if scope.path == self._predict_path and scope.method == "POST":
            return self._predict(scope.headers, protocol)
        return self._other(scope.path, scope.method, protocol)

    async def _predict(self, headers: Any, protocol: Any) -> None:
        metrics = self._metrics
        started = perf_counter()
        metrics.in_flight += 1
        try:
            body = await self._reader.read(headers, protocol)
            answer, rows = self._model.predict(body)
            metrics.requests[200] += 1
            metrics.predictions += rows
            metrics.observe(perf_counter() - started)
            protocol.response_bytes(200, self._json, answer)
        except Problem as problem:
            self._failed(protocol, problem, started)
        except ClientGoneError:
            metrics.requests[CLIENT_GONE] += 1
        except Exception as error:  # noqa: BLE001 - a caller gets an answer whatever happens
            log("error", "a prediction failed", error=type(error).__name__)
            self._failed(protocol, Problem(500, "the prediction failed"), started)
        finally:
            metrics.in_flight -= 1

    def _failed(self, protocol: Any, problem: Problem, started: float) -> None:
        if problem.status >= 500:
            self._metrics.nan_outputs = self._model.nan_outputs
            self._metrics.observe(perf_counter() - started)
        self._count_and_refuse(protocol, problem)

    async def _other(self, path: str, method: str, protocol: Any) -> None:
        get = self._gets.get(path)
        if path == self._predict_path:
            self._count_and_refuse(protocol, _not_allowed("POST"), ("allow", "POST"))
        elif get is None:
            self._count_and_refuse(protocol, Problem(404, "there is nothing at this path"))
        elif method != "GET":
            self._refuse(protocol, _not_allowed("GET"), ("allow", "GET"))
        else:
            get(protocol)

    def _health(self, protocol: Any) -> None:
        protocol.response_bytes(200, _TEXT, b"ok\n")

    def _readiness(self, protocol: Any) -> None:
        if self.ready:
            protocol.response_bytes(200, _TEXT, b"ready\n")
        else:
            self._refuse(protocol, Problem(503, "the server is stopping", close=True))

    def _scrape(self, protocol: Any) -> None:
        headers = [("content-type", exposition.MEDIA_TYPE)]
        protocol.response_bytes(200, headers, self._metrics.exposition())

    def _describe(self, protocol: Any) -> None:
        protocol.response_bytes(200, _JSON, self._description)

    def _count_and_refuse(self, protocol: Any, problem: Problem, *more: tuple[str, str]) -> None:
        self._metrics.requests[problem.status] += 1
        self._refuse(protocol, problem, *more)

    def _refuse(self, protocol: Any, problem: Problem, *more: tuple[str, str]) -> None:
        headers = [("content-type", problems.MEDIA_TYPE), *more]
        if problem.close or not self.ready:
            headers.append(_CLOSE)
        protocol.response_bytes(problem.status, headers, problem.body())


def _not_allowed(method: str) -> Problem:
    return Problem(405, f"only {method} is allowed here")
