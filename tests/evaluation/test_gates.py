from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.evaluation.baseline import baseline
from modelspec.evaluation.gates import judge, judge_measured, passed
from modelspec.evaluation.metrics import measure
from modelspec.evaluation.predicted import Predicted
from modelspec.plan.records import Verdict
from modelspec.spec.gate import parse_gate

ROWS = 400
RANDOM = np.random.default_rng(7)
TRUTH = (np.arange(ROWS) % 4 == 0).astype(int)
SCORES = np.clip(0.25 + 0.3 * TRUTH + 0.35 * RANDOM.random(ROWS), 0, 1)
MODEL = Predicted.of("binary_classification", ("no", "yes"), TRUTH, SCORES)
BASE = baseline("binary_classification", ("no", "yes"), TRUTH, TRUTH)
COUNTRY = np.array([("de", "fr", "it")[i % 3] if i < 390 else "mt" for i in range(ROWS)], object)
COLUMNS = {"country": COUNTRY, "sex": np.array(["a", "b"] * 200, object)}


def verdicts(*gates: str) -> tuple[Verdict, ...]:
    return judge(map(parse_gate, gates), MODEL, BASE, COLUMNS)


def regression(gate: str, error: float) -> Verdict:
    truth = np.linspace(-10, 10, 100)
    shift = np.where(np.arange(100) % 2, error, -error)
    model = Predicted.of("regression", (), truth, truth + shift)
    (verdict,) = judge([parse_gate(gate)], model, baseline("regression", (), truth, truth), {})
    return verdict


def test_the_value_itself_decides() -> None:
    value = measure("roc_auc", MODEL)
    above, below = verdicts(f"roc_auc >= {value + 1e-9:.12f}", f"roc_auc >= {value - 1e-9:.12f}")
    assert (above.outcome, below.outcome) == ("missed", "passed")
    assert above.value == below.value == value
    assert above.gate.startswith("roc_auc >= ")


@pytest.mark.parametrize(
    ("comparator", "outcome"),
    [(">=", "passed"), ("<=", "passed"), (">", "missed"), ("<", "missed")],
)
def test_a_value_on_the_bound_is_judged_by_the_comparator(comparator: str, outcome: str) -> None:
    (found,) = judge_measured([parse_gate(f"latency_p99 {comparator} 5ms")], {"latency_p99": 5.0})
    assert found.outcome == outcome


def test_a_bound_inside_the_interval_is_within_noise_and_still_decides() -> None:
    value = measure("accuracy", MODEL)
    close, far = verdicts(f"accuracy >= {value + 0.001:.6f}", "accuracy >= 0.1")
    assert close.outcome == "missed"
    assert close.note.startswith("within noise (0.")
    assert far.note == ""


def test_a_baseline_is_a_bound_with_its_factor_or_offset() -> None:
    base = measure("accuracy", BASE)
    plain, points, number = verdicts(
        "accuracy > baseline", "accuracy >= baseline + 5%", "accuracy >= baseline - 0.01"
    )
    assert base == 0.75
    assert (plain.bound, points.bound, number.bound) == (0.75, 0.8, 0.74)
    factor = regression("rmse <= 0.9 * baseline", 1.0)
    spread = np.linspace(-10, 10, 100).std()
    assert factor.bound == pytest.approx(0.9 * spread)
    assert factor.outcome == "passed"
    assert regression("rmse <= 0.9 * baseline", 0.95 * spread).outcome == "missed"


def test_each_slice_has_a_verdict_and_small_ones_are_not_judged() -> None:
    found = verdicts("accuracy >= 0.5 for each country")
    assert [(v.slice, v.outcome) for v in found] == [
        ("country = de", "passed"),
        ("country = fr", "passed"),
        ("country = it", "passed"),
        ("country = mt", "not judged"),
    ]
    assert found[-1].note == "10 rows, fewer than 30"
    of_it = MODEL.take(COUNTRY == "it")
    assert found[2].value == measure("accuracy", of_it)
    assert passed(found)


def test_the_floor_of_a_gate_replaces_the_usual_one() -> None:
    found = verdicts("accuracy >= 0.5 for each country with at least 10 rows")
    assert [v.outcome for v in found] == ["passed"] * 4


def test_a_gate_of_which_every_slice_is_under_the_floor_is_missed() -> None:
    found = verdicts("accuracy >= 0.5 for each country with at least 200 rows")
    assert [v.outcome for v in found] == ["not judged"] * 4 + ["missed"]
    assert found[-1].note == "no slice could be judged: none has 200 rows"
    assert not passed(found)


def test_columns_are_combined() -> None:
    found = verdicts("accuracy >= 0.5 for each country, sex")
    assert [v.slice for v in found][:2] == ["country = de, sex = a", "country = de, sex = b"]


def test_one_value_is_one_slice_and_a_value_that_no_row_has_is_missed() -> None:
    (one,) = verdicts("accuracy >= 0.5 for country = de")
    assert one.slice == "country = de"
    none, missed = verdicts("accuracy >= 0.5 for country = xx")
    assert (none.outcome, none.note) == ("not judged", "0 rows, fewer than 30")
    assert missed.outcome == "missed"


def test_a_class_is_judged_against_the_rest() -> None:
    (found,) = verdicts("recall >= 0.5 for class no")
    negatives = MODEL.labels[TRUTH == 0] == 0
    assert found.value == negatives.mean()
    (unknown,) = verdicts("recall >= 0.5 for class maybe")
    assert unknown.outcome == "missed"
    assert unknown.note == "there is no class `maybe`; classes are `no`, `yes`"


def test_a_slice_on_which_the_metric_is_not_defined_is_not_judged() -> None:
    column = {"c": np.where(TRUTH == 1, "only", "other").astype(object)}
    gate = parse_gate("roc_auc >= 0.5 for each c")
    found = judge([gate], MODEL, BASE, column)
    assert [v.outcome for v in found] == ["not judged", "not judged", "missed"]
    assert found[0].note == "roc_auc is not defined: no row is of class `no`"
    assert found[2].note == "no slice could be judged: roc_auc is not defined on any"


def test_a_gate_without_slices_that_has_no_value_is_missed() -> None:
    (found,) = verdicts("precision > baseline")
    assert found.outcome == "missed"
    assert found.note == (
        "precision is not defined for the baseline: no row was predicted to be `yes`"
    )


def test_slices_use_the_baseline_of_their_own_rows() -> None:
    for verdict in verdicts("accuracy >= baseline for each sex"):
        own = TRUTH[COLUMNS["sex"] == verdict.slice[-1]]
        assert verdict.bound == 1 - own.mean()


def test_many_small_slices_are_summed_up() -> None:
    column = {"id": np.arange(ROWS).astype(str).astype(object)}
    found = judge([parse_gate("accuracy >= 0.5 for each id")], MODEL, BASE, column)
    assert len(found) == 22
    assert (found[20].slice, found[20].note) == ("380 more", "fewer than 30 rows each")


def test_an_empty_cell_is_a_slice_with_a_name() -> None:
    column = {"c": np.array(["", "x"] * 200, object)}
    found = judge([parse_gate("accuracy >= 0.5 for each c")], MODEL, BASE, column)
    assert [v.slice for v in found] == ["c = (empty)", "c = x"]


@given(st.floats(0.001, 1e4), st.floats(0.001, 1e4))
def test_measurements_are_judged_in_base_units(value: float, bound: float) -> None:
    facts = {"latency_p99": value, "container_size": value}
    seconds, size = judge_measured(
        [parse_gate(f"latency_p99 <= {bound:f}s"), parse_gate(f"container_size <= {bound:f}MB")],
        facts,
    )
    assert (seconds.outcome == "passed") == (value <= 1000 * float(f"{bound:f}"))
    assert (size.outcome == "passed") == (value <= float(f"{bound:f}"))


def test_verdicts_come_in_the_order_of_the_gates() -> None:
    found = verdicts("recall >= 0.1", "accuracy >= 0.1", "f1 >= 0.1")
    assert [v.gate for v in found] == ["recall >= 0.1", "accuracy >= 0.1", "f1 >= 0.1"]
