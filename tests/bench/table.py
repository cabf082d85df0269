"""How the costs are printed."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from tests.bench.measure import Cost, Row
from tests.bench.rows import BARE, HUNDRED, THOUSAND

SCALE = 11.0
LEGEND = (
    "wall and CPU are medians; spread is the middle half of the runs; peak is the largest process"
)


def lines(rows: Sequence[Row], costs: Mapping[str, Cost]) -> Iterator[str]:
    """The table, and below it how quiet the machine was."""
    bare = costs[BARE]
    yield (
        f"{'':<36}{'wall':>8}{'spread':>8}{'x P':>7}{'bound':>7}"
        f"{'CPU':>9}{'x P':>7}{'peak':>9}{'bound':>7}{'runs':>6}"
    )
    for row in rows:
        yield _line(row, costs[row.name], bare)
    if {HUNDRED, THOUSAND} <= costs.keys():
        factor = costs[THOUSAND].middle / costs[HUNDRED].middle
        over = _over(factor, SCALE)
        yield f"1,000 cold cost {factor:.1f} times 100 cold; bound {SCALE:.0f}{over}"
    low, high = min(bare.wall), max(bare.wall)
    yield (
        f"noise: P took {low:.4f} to {high:.4f} s, median {bare.middle:.4f}; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; "
        f"Python {platform.python_version()}"
    )
    yield LEGEND


def _line(row: Row, cost: Cost, bare: Cost) -> str:
    cpu, peak = median(cost.cpu), max(cost.peak)
    walls, cpus = cost.middle / bare.middle, cpu / median(bare.cpu)
    over = _over(walls, row.bound) or _over(peak, row.mebibytes)
    bound, mebibytes = (f"{x:g}" if x else "" for x in (row.bound, row.mebibytes))
    return (
        f"{row.name:<36}{cost.middle:>7.3f}s{cost.spread:>8.0%}{walls:>7.1f}{bound:>7}"
        f"{cpu:>8.3f}s{cpus:>7.1f}{peak:>5.0f} MiB{mebibytes:>7}{len(cost.wall):>6}{over}"
    )


def _over(value: float, bound: float | None) -> str:
    return "  OVER" if bound is not None and value > bound else ""
