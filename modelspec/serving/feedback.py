"""Late labels: pairs of what was answered and what turned out to be right, counted by any pod.

A pair brings the answer along, so nothing about a prediction has to be remembered. Nobody can
tell either whether a pair was sent before: it is counted as often as it comes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from prometheus_client.core import CounterMetricFamily

from .admission import Admission
from .body import ClientGoneError
from .contract import (
    CLIENT_GONE,
    FEEDBACK_CODES,
    FEEDBACK_REQUESTS,
    FEEDBACK_ROWS,
    LABEL_CODE,
    LABEL_VERSION,
    MAX_PAIRS,
    OTHER_VERSION,
    integer_version,
)
from .problems import Problem
from .quality import Errors, Outcomes, Quality, Unclear
from .request import decode, refuse_repeated_keys
from .series import Series

if TYPE_CHECKING:
    from .body import Reader
    from .bundle import Description
    from .token import Token

# So many pairs are looked at without a break for predictions.
_TURN_PAIRS = 1000


class Pair(msgspec.Struct, gc=False):
    """An answer of one version of the model, and the label that turned out to be right."""

    prediction: Any
    version: str | int
    label: Any


class Body(msgspec.Struct, gc=False):
    """What `:feedback` is asked with."""

    pairs: list[Pair]


class Feedback:
    """Takes pairs: judges those of its own version, and counts those of others.

    Args:
        model: whose answers are judged.
        token: what callers have to show.
        reader: of bodies.
    """

    def __init__(self, model: Description, token: Token, reader: Reader) -> None:
        # Each protocol tells the version in its own way.
        self._ours = frozenset((model.version, str(integer_version(model.version))))
        self._token, self._reader, self._admission = token, reader, Admission()
        self._decoder = msgspec.json.Decoder(Body)
        self._requests = dict.fromkeys(map(int, FEEDBACK_CODES), 0)
        self._rows = {model.version: 0, OTHER_VERSION: 0}
        self._version = model.version
        self._quality: Quality = (
            Outcomes(model.version, model.classes) if model.classes else Errors(model.version)
        )
        requests = CounterMetricFamily(
            FEEDBACK_REQUESTS, "Requests with labels.", labels=[LABEL_CODE]
        )
        rows = CounterMetricFamily(FEEDBACK_ROWS, "Labels taken.", labels=[LABEL_VERSION])
        for family, values in ((requests, FEEDBACK_CODES), (rows, self._rows)):
            for value in values:
                family.add_metric([value], 0)
        self._series = Series(requests), Series(rows)

    async def take(self, headers: Any, protocol: Any) -> bytes:
        """Counts the pairs of a request, all of them or none; returns the body of the answer.

        Raises:
            Problem: it is refused.
            ClientGoneError: nobody is there any more to be answered.
        """
        code = 500
        try:
            if stranger := self._token.refusal(headers.get("authorization", "").encode()):
                raise stranger
            body = await self._reader.read(headers, protocol)
            async with self._admission:
                answer = await self._count(body)
            code = 200
        except Problem as problem:
            code = problem.status
            raise
        except ClientGoneError:
            code = CLIENT_GONE
            raise
        finally:
            self._requests[code] += 1
        return answer

    async def _count(self, body: bytes) -> bytes:
        pairs = decode(self._decoder, body).pairs
        if not pairs:
            raise Problem(400, "pairs must hold at least one")
        if len(pairs) > MAX_PAIRS:
            raise Problem(413, f"a request may have at most {MAX_PAIRS} pairs")
        judged, keys = [], 1
        for index, pair in enumerate(pairs):
            if index % _TURN_PAIRS == 0:
                await asyncio.sleep(0)
            keys += 3 + _keys(pair.prediction)
            if str(pair.version) in self._ours:
                try:
                    judged.append(self._quality.read(pair.prediction, pair.label))
                except Unclear as error:
                    raise Problem(400, f"pair {index}: {error}", index=index) from None
        refuse_repeated_keys(body, keys)
        self._quality.add(judged)
        counted = {self._version: len(judged), OTHER_VERSION: len(pairs) - len(judged)}
        for version, count in counted.items():
            self._rows[version] += count
        return msgspec.json.encode({"counted": counted})

    def exposition(self) -> str:
        """All series in the text format of Prometheus."""
        requests, rows = self._series
        return (
            requests.text(self._requests.values())
            + rows.text(self._rows.values())
            + self._quality.exposition()
        )


def _keys(value: Any) -> int:
    if type(value) is not dict:
        return 0
    return len(value) + sum(map(_keys, value.values()))
