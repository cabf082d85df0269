"""Work divided among processes: the same results in the same order, and nothing left behind."""

from __future__ import annotations

import os

import pytest

from modelspec.adapters import workers
from modelspec.adapters.workers import spread
from modelspec.diagnostics import Diagnostic, InputError, Location, WorldError

MANY = range(500)


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that were started."""
    started: list[int] = []
    fork = os.fork

    def noted() -> int:
        process = fork()
        started.append(process)
        return process

    monkeypatch.setattr(os, "fork", noted)
    return started


@pytest.fixture(params=[1, 2, 3, 7])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, forks: list[int]) -> int:
    """How many processes there are going to be."""
    monkeypatch.setattr(workers, "cores", lambda: request.param)
    return int(request.param)


def gone(forks: list[int]) -> bool:
    for process in forks:
        with pytest.raises(ChildProcessError):
            os.waitpid(process, os.WNOHANG)
    return True


def test_results_come_in_the_order_of_the_items(cores: int, forks: list[int]) -> None:
    assert list(spread(lambda n: (n, "x" * n), MANY)) == [(n, "x" * n) for n in MANY]
    assert gone(forks)


def test_as_many_processes_work_as_can_at_once(cores: int, forks: list[int]) -> None:
    used = set(spread(lambda _: os.getpid(), MANY))
    assert len(used) == (1 if cores == 1 else 1 + cores)  # the first item is done here
    assert set(spread(lambda _: os.getpid(), range(64))) == {os.getpid()}


def test_an_error_is_raised_as_it_was_with_all_that_it_says(cores: int, forks: list[int]) -> None:
    problems = [Diagnostic("wrong", Location("a.yaml", 3, 4), "right", "a: 1"), Diagnostic("bad")]

    def work(number: int) -> int:
        if number == 300:
            raise InputError(*problems)
        return number

    done: list[int] = []
    with pytest.raises(InputError) as raised:
        done += spread(work, MANY)
    assert list(raised.value.diagnostics) == problems
    assert str(raised.value) == str(InputError(*problems))
    assert gone(forks)


def test_workers_end_when_nobody_wants_more(cores: int, forks: list[int]) -> None:
    results = spread(lambda n: bytes(100_000), MANY)
    next(results)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert gone(forks)


def test_a_worker_that_is_killed_is_an_error(
    monkeypatch: pytest.MonkeyPatch, forks: list[int]
) -> None:
    monkeypatch.setattr(workers, "cores", lambda: 2)

    def work(number: int) -> int:
        if number == 300:
            os.kill(os.getpid(), 9)
        return number

    with pytest.raises(WorldError, match="was killed"):
        list(spread(work, MANY))
    assert gone(forks)
