from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from modelspec.diagnostics import InputError
from modelspec.render.promql import go_text, label_value
from modelspec.render.slo import neighbours, rules
from modelspec.render.watched import Watched
from modelspec.serving.contract import DURATION_BUCKETS
from modelspec.spec.monitoring import Slo
from tests.render.hostile import HOSTILE


def made(owner: str = "", **slo: Any) -> list[dict[str, Any]]:
    groups, _ = rules(Watched("churn", "1.4.2", owner, "prod"), Slo(**slo))
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("bucket", DURATION_BUCKETS)
def test_every_bucket_can_be_an_objective(bucket: float) -> None:
    latency = timedelta(seconds=bucket)
    assert neighbours(latency) == ()
    errors = next(
        r["expr"]
        for r in made(latency_p99=latency)
        if r.get("record") == "model:errors:rate5m" and r["labels"]["slo"] == "latency"
    )
    spelled = re.findall(r"le='([^']*)'", errors)
    assert [float(le) for le in spelled] == [bucket] * len(spelled)
    assert len(spelled) == (2 if bucket == 1.0 else 1)


def test_a_latency_between_two_buckets_names_both() -> None:
    assert neighbours(timedelta(milliseconds=60)) == (
        timedelta(milliseconds=50),
        timedelta(milliseconds=100),
    )
    with pytest.raises(InputError, match="60ms is not one") as caught:
        made(latency_p99=timedelta(milliseconds=60))
    assert caught.value.diagnostics[0].hint == "write 50ms or 100ms"


def test_a_latency_outside_the_buckets_has_one_neighbour() -> None:
    assert neighbours(timedelta(microseconds=100)) == (timedelta(microseconds=500),)
    assert neighbours(timedelta(seconds=9)) == (timedelta(seconds=2.5),)


def test_the_full_version_is_on_alerts_and_never_on_recorded_series() -> None:
    for rule in made():
        assert rule["labels"].get("version") == ("1.4.2" if "alert" in rule else None)


def test_burn_rate_alerts_do_not_wait_and_their_numbers_are_exact() -> None:
    alerts = [r for r in made() if "Burn" in r.get("alert", "")]
    assert not any("for" in r for r in alerts)
    found = [re.findall(r"> (\S+)", r["expr"]) for r in alerts]
    assert found == [
        [number] * 2 for number in ("0.0144", "0.006", "0.001", "0.144", "0.06", "0.01")
    ]


def test_series_are_selected_by_equality_alone() -> None:
    for rule in made():
        assert not re.search(r"=~|!~|!=", rule["expr"])


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_label_value_cannot_end_its_quotes(text: str) -> None:
    quoted = label_value(text)
    assert re.fullmatch(r"'(?:\\.|[^'\\\n])*'", quoted)
    plain = {"n": "\n", "r": "\r"}
    assert re.sub(r"\\(.)", lambda m: plain.get(m[1], m[1]), quoted[1:-1]) == text


def test_go_templates_print_braces_as_they_are() -> None:
    assert go_text("a {{ $value }} b") == 'a {{ "{{" }} $value }} b'
