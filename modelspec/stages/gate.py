"""Decide whether the model may be released."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.diagnostics import ModelRejected
from modelspec.plan.columns import number
from modelspec.plan.digest import digest
from modelspec.plan.records import (
    CheckRecord,
    DataRecord,
    EvaluateRecord,
    GateRecord,
    ImageRecord,
    Verdict,
)
from modelspec.plan.steps import GATES_OF_THE_CONTAINER
from modelspec.spec.gate import Gate

if TYPE_CHECKING:
    from modelspec.plan.plan import Plan, Step
    from modelspec.stages.world import Done, World

SHOWN = 3  # slices that were not judged, in the line that apply prints


def run(step: Step, plan: Plan, done: Done, world: World, folder: Path) -> GateRecord:
    """Judge the gates whose operands are known by now.

    Raises:
        ModelRejected: a gate was missed; names each, with value and bound.
        InputError: a slice names a column that is not there.
    """
    if step.name == "gate":
        gates = [g for g in plan.spec.evaluate.gates if g.metric not in GATES_OF_THE_CONTAINER]
        verdicts = _on_predictions(plan, done, world, gates)
    else:
        from modelspec.evaluation.gates import judge_measured

        gates = [g for g in plan.spec.evaluate.gates if g.metric in GATES_OF_THE_CONTAINER]
        measured = {
            "latency_p99": done.record("check", CheckRecord).latency_p99_ms,
            "container_size": done.record("image", ImageRecord).size / 1e6,
        }
        verdicts = judge_measured(gates, measured)
    _require(verdicts, plan, world)
    return GateRecord(output=digest([v.model_dump() for v in verdicts]), verdicts=verdicts)


def _on_predictions(plan: Plan, done: Done, world: World, gates: list[Gate]) -> tuple[Verdict, ...]:
    from modelspec.data.dataset import Dataset
    from modelspec.data.slices import read_slices
    from modelspec.evaluation.gates import judge
    from modelspec.stages import rows
    from modelspec.stages.evaluate import judged

    data = plan.spec.data
    columns = read_slices(
        world.read(data.source),
        world.file(data.source),
        plan.spec.evaluate.gates,  # all of them, so that a message points at the right one
        world.loaded.places,
        data.csv,
    )
    side = Dataset.load(done.folder("data")).side
    model, baseline = judged(
        plan.spec,
        done.record("data", DataRecord).schema_,
        done.folder("evaluate"),
        done.record("evaluate", EvaluateRecord).threshold,
    )
    test = {name: column[side == rows.TEST] for name, column in columns.items()}
    return judge(gates, model, baseline, test)


def _require(verdicts: tuple[Verdict, ...], plan: Plan, world: World) -> None:
    places = world.loaded.places
    order = [str(gate) for gate in plan.spec.evaluate.gates]
    hint = "train a better model, or relax the gate; nothing was released"
    if any(verdict.gate.startswith(GATES_OF_THE_CONTAINER) for verdict in verdicts):
        hint = "make the model smaller, or relax the gate; nothing was released"
    missed = [
        places.diagnostic(
            f"gate missed: {_sentence(verdict)}",
            places.value(("evaluate", "gates", order.index(verdict.gate))),
            hint,
        )
        for verdict in verdicts
        if verdict.outcome == "missed"
    ]
    if missed:
        raise ModelRejected(*missed)


def _sentence(verdict: Verdict) -> str:
    where = f" for {verdict.slice}" if verdict.slice else ""
    value = "" if verdict.value is None else f", it is {number(verdict.value, 4)}"
    bound = "" if verdict.bound is None else f" against {number(verdict.bound, 4)}"
    note = f" ({verdict.note})" if verdict.note else ""
    return f"{verdict.gate}{where}{value}{bound}{note}"


def summary(record: GateRecord) -> str:
    """The verdicts, those of one gate together."""
    gates: dict[str, list[Verdict]] = {}
    for verdict in record.verdicts:
        gates.setdefault(verdict.gate, []).append(verdict)
    return "; ".join(f"{gate} {_in_short(verdicts)}" for gate, verdicts in gates.items())


def _in_short(verdicts: list[Verdict]) -> str:
    """How a gate that holds came out: on all test rows, or on its slices."""
    noise = ", within noise" if any(v.note.startswith("within noise") for v in verdicts) else ""
    if len(verdicts) == 1:
        return f"passed{noise}"
    skipped = [f"{v.slice} ({v.note})" for v in verdicts if v.outcome == "not judged"]
    more = f" and {len(skipped) - SHOWN} more" if len(skipped) > SHOWN else ""
    without = f", not judged for {', '.join(skipped[:SHOWN])}{more}" if skipped else ""
    return f"passed for {len(verdicts) - len(skipped)}{noise}{without}"
