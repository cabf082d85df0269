"""The same HTTP server as ours, with an answer that is always the same: what there is to be had."""

from __future__ import annotations

import asyncio
import os

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

ANSWER = b'{"predictions":[{"label":"malignant","probability":0.9975274801254272}]}'
HEADERS = [("content-type", "application/json")]


async def answer(_scope: object, protocol: object) -> None:
    await protocol()
    protocol.response_bytes(200, HEADERS, ANSWER)


async def main() -> None:
    server = Server(
        answer,
        address="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    await server.serve()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
