from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.render.windows import minutes_text, tiers

OBJECTIVES = st.decimals("0.000001", "0.999999999", places=9)
WINDOWS = st.integers(min_value=86_400_000, max_value=365 * 86_400_000).map(
    lambda n: timedelta(milliseconds=n)
)


def test_thirty_days_give_the_windows_and_factors_of_the_workbook() -> None:
    found, notes = tiers(Decimal("0.999"), timedelta(days=30))
    assert [(t.severity, t.long, t.short, t.factor) for t in found] == [
        ("page", 60, 5, Decimal("14.4")),
        ("page", 360, 30, Decimal(6)),
        ("ticket", 4320, 360, Decimal(1)),
    ]
    assert notes == ()


@pytest.mark.parametrize(("days", "longs"), [(28, (56, 336, 4032)), (7, (14, 84, 1008))])
def test_windows_scale_with_the_objective_and_factors_stay(
    days: int, longs: tuple[int, ...]
) -> None:
    found, _ = tiers(Decimal("0.9999"), timedelta(days=days))
    assert tuple(t.long for t in found) == longs
    assert [t.factor for t in found] == [Decimal("14.4"), Decimal(6), Decimal(1)]


def test_a_low_objective_gets_a_longer_window_that_an_outage_can_reach_and_says_so() -> None:
    found, notes = tiers(Decimal("0.9"), timedelta(days=30))
    assert (found[0].long, found[0].factor) == (96, Decimal(9))
    (note,) = notes
    assert note.startswith("page at 2 % of the budget looks at 1h36m: a total outage would not")


def test_a_tier_too_short_for_the_rates_is_left_out_and_said() -> None:
    found, notes = tiers(Decimal("0.99"), timedelta(days=1))
    assert [t.long for t in found] == [12, 144]
    assert "left out: its window of 2.0 minutes" in notes[0]


@given(OBJECTIVES, WINDOWS)
def test_every_alert_can_fire_and_spends_exactly_its_share(
    objective: Decimal, window: timedelta
) -> None:
    found, _ = tiers(objective, window)
    minutes = Decimal(window // timedelta(minutes=1))
    assert found[-1].severity == "ticket"
    for tier in found:
        assert tier.factor * tier.long == tier.share * minutes
        assert tier.factor * (1 - objective) * Decimal("1.1") < 1
        assert 5 <= tier.short < tier.long
    assert len({tier.long for tier in found}) == len(found)


@pytest.mark.parametrize(
    ("minutes", "text"), [(5, "5m"), (60, "1h"), (336, "5h36m"), (4320, "3d"), (1500, "25h")]
)
def test_minutes_are_written_as_prometheus_does(minutes: int, text: str) -> None:
    assert minutes_text(minutes) == text
