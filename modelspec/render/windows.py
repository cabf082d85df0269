"""Windows and factors of burn-rate alerts, derived with exact decimals.

The method and the shares are those of the Site Reliability Workbook, chapter 5: an alert fires
when a given share of the error budget was spent within a long window, and a short window of a
twelfth says that it is still being spent. The workbook's windows are for objectives over 30
days; for others they are scaled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Context, Decimal, Inexact
from functools import lru_cache
from typing import Literal

BASE = 5
"""Minutes of the rate that every window is made from, so the shortest window there is."""

_SHORTEST_LONG = 2 * BASE
_REACH = Decimal("0.9")  # of all requests failing: leaves room above the threshold
_MONTH = Decimal(30 * 24 * 60)
_EXACT = Context(prec=15, traps=[Inexact])


@dataclass(frozen=True, slots=True)
class Tier:
    """One burn-rate alert.

    Attributes:
        severity: `page` wakes somebody up, `ticket` waits for the working day.
        share: of the error budget, spent within the long window.
        long: in minutes.
        short: in minutes.
        factor: how many times faster than the objective allows: `share * window / long`.
    """

    severity: Literal["page", "ticket"]
    share: Decimal
    long: int
    short: int
    factor: Decimal


_WORKBOOK: tuple[tuple[Literal["page", "ticket"], Decimal, int], ...] = (
    ("page", Decimal("0.02"), 60),
    ("page", Decimal("0.05"), 6 * 60),
    ("ticket", Decimal("0.1"), 3 * 24 * 60),
)


@lru_cache(maxsize=256)
def tiers(objective: Decimal, window: timedelta) -> tuple[tuple[Tier, ...], tuple[str, ...]]:
    """The alerts of an objective, and what was changed or left out so that each can fire.

    Where not even a total outage spends the share within the long window (a factor of 14.4 and
    an objective of 90 %: 144 % of requests would have to fail), the window is longer. Where the
    scaled long window is too short to hold two rates, the tier is left out.

    Args:
        objective: share of good requests, in (0, 1).
        window: over which it holds, at least a day; whole minutes of it count.
    """
    period = Decimal(window // timedelta(minutes=1))
    found: list[Tier] = []
    notes: list[str] = []
    for severity, share, minutes in _WORKBOOK:
        scaled = minutes * period / _MONTH
        reachable = share * period * (1 - objective) / _REACH
        what = f"{severity} at {share * 100:.0f} % of the budget"
        if max(scaled, reachable) < _SHORTEST_LONG:
            notes.append(
                f"{what} is left out: its window of {scaled:.1f} minutes is shorter than "
                f"{_SHORTEST_LONG} minutes"
            )
            continue
        tier = _tier(severity, share, period, max(scaled, reachable))
        if reachable > scaled:
            notes.append(
                f"{what} looks at {minutes_text(tier.long)}: a total outage would not spend that "
                f"much within {minutes_text(_up(scaled))}"
            )
        found.append(tier)
    return tuple(found), tuple(notes)


def _tier(
    severity: Literal["page", "ticket"], share: Decimal, period: Decimal, least: Decimal
) -> Tier:
    long = _up(least)
    while True:
        try:
            factor = _EXACT.divide(share * period, Decimal(long))
        except Inexact:
            long += 1  # a power of ten always divides exactly, so this ends
            continue
        return Tier(severity, share, long, max(BASE, round(long / 12)), factor.normalize())


def _up(minutes: Decimal) -> int:
    return int(minutes.to_integral_value(ROUND_CEILING))


@lru_cache(maxsize=256)
def minutes_text(minutes: int) -> str:
    """Minutes as Prometheus writes them: `5m`, `1h`, `5h36m`, `3d`."""
    days, rest = divmod(minutes, 24 * 60)
    if days and not rest:
        return f"{days}d"
    hours, rest = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{rest}m" if rest else "")
