"""Who is let in: as many as can be answered soon. The rest is told at once to come again."""

from __future__ import annotations

import asyncio

from .contract import (
    MAX_IN_FLIGHT,
    MAX_LARGE_IN_FLIGHT,
    QUEUE_SECONDS,
    RETRY_AFTER_SECONDS,
    SURE_IN_FLIGHT,
)
from .problems import Problem

RETRY = ("retry-after", str(RETRY_AFTER_SECONDS))


class Admission:
    """Says how many requests may be under way, by what one costs to compute.

    The bound is one of time, so that a slow network is not given a queue that takes minutes.

    Attributes:
        most: requests that may be under way.
        seconds: spent computing small requests since the bound was last set.
        answered: how many those were.
        turn: held by the request that takes more than a moment and is worked on.
    """

    def __init__(self) -> None:
        self.most = MAX_IN_FLIGHT
        self.seconds = 0.0
        self.answered = 0
        self.turn = asyncio.Lock()
        self._large = 0

    def adapt(self) -> None:
        """Sets the bound by what requests cost lately; called now and then."""
        if self.seconds > 0:
            most = int(QUEUE_SECONDS * self.answered / self.seconds)
            self.most = min(max(most, SURE_IN_FLIGHT), MAX_IN_FLIGHT)
        self.seconds, self.answered = 0.0, 0

    async def __aenter__(self) -> None:
        """Lets in a request whose body is not small and has arrived, when it is its turn.

        Raises:
            Problem: 503; there are enough of them.
        """
        if self._large >= MAX_LARGE_IN_FLIGHT:
            raise overloaded()
        self._large += 1
        try:
            await self.turn.acquire()
        except BaseException:
            self._large -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self.turn.release()
        self._large -= 1


def overloaded(*, close: bool = False) -> Problem:
    """What those are told who are not let in."""
    return Problem(503, "the server has more requests than it can answer soon", close=close)
