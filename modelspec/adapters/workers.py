"""Work divided among processes, where there is enough of it. Threads share one core in Python."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Any, TypeVar

from modelspec.diagnostics import WorldError

Item = TypeVar("Item")
Result = TypeVar("Result")

_FEW = 64  # items, below which starting a process costs more than it saves
_AHEAD = 1 << 20  # bytes of results that a worker may be ahead of who reads them


def cores() -> int:
    """How many processes can run at the same time."""
    return len(os.sched_getaffinity(0))


def spread(function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """What a function makes of each item, in their order.

    Workers are forks: they have all that this process has, and only results are sent. So the
    first item is done here: what it imports and compiles is then there for all.

    Args:
        function: changes nothing that others see.
        items: what it is given, one by one.

    Raises:
        WorldError: a worker was killed.
        Exception: the first that the function raises.
    """
    count = min(cores(), len(items))
    if len(items) <= _FEW or count < 2:
        yield from map(function, items)
        return
    yield function(items[0])
    rest = items[1:]
    workers: list[tuple[int, IO[bytes]]] = []
    try:
        workers += (_start(function, rest[first::count]) for first in range(count))
        for number in range(len(rest)):
            yield _received(workers[number % count][1])
    finally:
        for _, results in workers:
            results.close()  # whoever still works is told by that
        for process, _ in workers:
            os.waitpid(process, 0)


def _start(function: Callable[[Item], Result], items: Sequence[Item]) -> tuple[int, IO[bytes]]:
    """A worker: its process, and where its results come from."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, os.fdopen(reading, "rb")
    try:
        os.close(reading)
        with suppress(OSError):  # a user has so much of it, and then it is less
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _AHEAD)
        with os.fdopen(writing, "wb") as results:
            for item in items:
                pickle.dump(_outcome(function, item), results, pickle.HIGHEST_PROTOCOL)
    finally:  # nothing of what the other process has begun is finished here
        os._exit(0)


def _outcome(function: Callable[[Item], Result], item: Item) -> tuple[Result | None, Any]:
    try:
        return function(item), None
    except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
        return None, error


def _received(results: IO[bytes]) -> Any:
    try:
        result, error = pickle.load(results)  # noqa: S301 - from a fork of this very process
    except EOFError:
        raise WorldError("a process of this command was killed: is there memory left?") from None
    if error is not None:
        raise error
    return result
