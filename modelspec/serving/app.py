"""The HTTP side: who is let in, what is counted, statuses, as an RSGI application."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import metrics as exposition
from . import problems
from .admission import RETRY, overloaded
from .body import ClientGoneError
from .contract import (
    CLIENT_GONE,
    HEALTH_ROUTE,
    METRICS_ROUTE,
    READY_ROUTE,
    UNGUARDED_ROUTES,
)
from .exchange import JSON
from .problems import Problem

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine, Mapping

    from .exchange import Exchange, Headers
    from .feedback import Feedback
    from .page import Page
    from .routes import Routes
    from .service import Service
    from .token import Token

_CLOSE = ("connection", "close")
# What a caller may do about a refusal, by its status.
_MORE = {401: ("www-authenticate", "Bearer"), 503: RETRY}
_TEXT: Headers = [("content-type", "text/plain; charset=utf-8")]
_PROBLEM: Headers = [("content-type", problems.MEDIA_TYPE)]
_OVERLOADED = overloaded().body()


class Application:
    """Answers requests over HTTP.

    Args:
        service: predicts.
        routes: what is at which path.
        feedback: takes late labels, by path; empty where the model takes none.
        token: what callers have to show for all but health and metrics; None asks for nothing.
        pages: files to try the model with, by path.
    """

    def __init__(
        self,
        service: Service,
        routes: Routes,
        feedback: Mapping[str, Feedback],
        token: Token | None = None,
        pages: Mapping[str, Page] | None = None,
    ) -> None:
        self._service, self._metrics, self._token = service, service.metrics, token
        self._asked, self._shown, self._feedback = routes.asked, routes.shown, feedback
        self._pages = pages or {}
        self._own = {
            HEALTH_ROUTE: self._health,
            READY_ROUTE: self._readiness,
            METRICS_ROUTE: self._scrape,
        }

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the server when it starts to listen."""
        self._service.start(loop)

    def __rsgi__(self, scope: Any, protocol: Any) -> Coroutine[Any, Any, None]:
        """Answers one request."""
        exchange = self._asked.get(scope.path)
        if exchange is None or scope.method != "POST":
            return self._other(scope, protocol)
        # Before anything else: strangers must not look like an overload to whoever is on call.
        if self._token and (stranger := self._stranger(scope)):
            return self._shut_out(stranger, protocol)
        if self._service.full:
            return self._turn_away(protocol)
        return self._predict(exchange, scope.headers, protocol)

    async def _predict(self, exchange: Exchange, headers: Any, protocol: Any) -> None:
        service, metrics = self._service, self._metrics
        started = perf_counter()
        metrics.in_flight += 1
        try:
            body = await service.reader.read(headers, protocol)
            answer, kind = await service.predict(exchange, headers, body, started)
            protocol.response_bytes(200, kind if service.ready else [*kind, _CLOSE], answer)
        except Problem as problem:
            service.failed(problem, started)
            self._refuse(protocol, problem)
        except ClientGoneError:
            metrics.requests[CLIENT_GONE] += 1
        finally:
            metrics.in_flight -= 1

    def _stranger(self, scope: Any) -> Problem | None:
        """Why whoever asks is not let in, or None."""
        if self._token is None:
            return None
        return self._token.refusal(scope.headers.get("authorization", "").encode())

    async def _shut_out(self, stranger: Problem, protocol: Any) -> None:
        self._count_and_refuse(protocol, stranger)

    async def _turn_away(self, protocol: Any) -> None:
        self._service.turned_away()
        headers = [*_PROBLEM, RETRY] if self._service.ready else [*_PROBLEM, RETRY, _CLOSE]
        protocol.response_bytes(503, headers, _OVERLOADED)

    async def _other(self, scope: Any, protocol: Any) -> None:
        path, method = scope.path, scope.method
        if path in self._asked:
            self._count_and_refuse(protocol, _not_allowed("POST"), ("allow", "POST"))
        elif path in self._feedback:
            await self._take(self._feedback[path], method, scope.headers, protocol)
        elif path in self._pages and method == "GET":
            protocol.response_bytes(200, *self._pages[path])
        elif path not in self._shown and path not in self._own:
            self._count_and_refuse(protocol, Problem(404, "there is nothing at this path"))
        elif method != "GET":
            self._refuse(protocol, _not_allowed("GET"), ("allow", "GET"))
        elif path in self._own:
            self._own[path](protocol)
        elif path not in UNGUARDED_ROUTES and (stranger := self._stranger(scope)):
            self._refuse(protocol, stranger)
        else:
            self._show(self._shown[path](self._service.ready), protocol)

    async def _take(self, feedback: Feedback, method: str, headers: Any, protocol: Any) -> None:
        if method != "POST":
            self._refuse(protocol, _not_allowed("POST"), ("allow", "POST"))
            return
        try:
            protocol.response_bytes(200, JSON, await feedback.take(headers, protocol))
        except Problem as problem:
            self._refuse(protocol, problem)
        except ClientGoneError:
            pass

    def _show(self, body: bytes | None, protocol: Any) -> None:
        if body is None:
            self._refuse(protocol, _stopping())
        else:
            protocol.response_bytes(200, JSON, body)

    def _health(self, protocol: Any) -> None:
        protocol.response_bytes(200, _TEXT, b"ok\n")

    def _readiness(self, protocol: Any) -> None:
        if self._service.ready:
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
        if problem.status in _MORE:
            headers.append(_MORE[problem.status])
        if problem.close or not self._service.ready:
            headers.append(_CLOSE)
        protocol.response_bytes(problem.status, headers, problem.body())


def _not_allowed(method: str) -> Problem:
    return Problem(405, f"only {method} is allowed here")


def _stopping() -> Problem:
    return Problem(503, "the server is stopping", close=True)
