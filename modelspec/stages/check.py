"""Start the image as Kubernetes will, and ask it the golden rows before anything is tagged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from modelspec.diagnostics import Diagnostic, ModelRejected
from modelspec.plan.columns import number
from modelspec.plan.digest import digest
from modelspec.plan.records import CheckRecord, DataRecord, ExportRecord, ImageRecord, Schema
from modelspec.serving.contract import LEAST_MEMORY
from modelspec.stages.engine import engine_or_none
from modelspec.stages.export import golden

if TYPE_CHECKING:
    from modelspec.plan.plan import Plan, Step
    from modelspec.stages.world import Done, World

WARM_UP, REQUESTS = 100, 1000


def run(step: Step, plan: Plan, done: Done, world: World, folder: Path) -> CheckRecord:
    """Compare the answers of the running image with those of Keras; measure its latency.

    Raises:
        ModelRejected: if an answer differs.
        WorldError: if the image does not start or does not answer.
    """
    from modelspec.adapters.run import run_image

    name = plan.spec.metadata.name
    built = done.record("image", ImageRecord)
    schema = done.record("data", DataRecord).schema_
    runtime = plan.spec.serve.runtime
    export = f"export.{runtime}"
    tolerance = done.record(export, ExportRecord).tolerance
    rows, expected = golden(done.folder(export))
    with (
        engine_or_none() as engine,
        run_image(
            done.folder("image"),
            built.tag,
            world.repository.root,
            engine,
            world.store.begin(),
            LEAST_MEMORY[runtime],
        ) as running,
    ):
        answers = running.predict(name, rows)
        latencies = running.latencies(name, rows[0], REQUESTS, WARM_UP)
    difference = compare(answers, expected, schema, tolerance)
    return CheckRecord(
        output=digest({"image": built.output, "golden": expected}),
        ran_as=running.ran_as,
        ready_seconds=round(running.ready_seconds, 3),
        rows=len(rows),
        max_difference=difference,
        latency_p99_ms=round(float(np.percentile(latencies, 99)), 4),
    )


def compare(
    answers: list[Any], expected: list[list[float]], schema: Schema, tolerance: float
) -> float:
    """The largest difference between answers of the runtime and those of Keras.

    Args:
        answers: as the runtime gives them, one for each row.
        expected: what Keras gives, shape (rows, units).
        schema: classes, and the spread of a regression's target, in which it is counted.
        tolerance: the largest difference that is allowed.

    Raises:
        ModelRejected: if it is larger.
    """
    difference = _difference(answers, expected, schema)
    if not difference <= tolerance:
        raise ModelRejected(
            Diagnostic(
                f"the running image answers the golden rows differently from Keras: by "
                f"{difference:.2g}, more than {tolerance:.2g}",
                hint="nothing was released; please report it",
            )
        )
    return difference


def _difference(answers: list[Any], expected: list[list[float]], schema: Schema) -> float:
    """The largest one; for regression in units of the target's spread."""
    if len(answers) != len(expected):
        return float("inf")
    numbers = np.array([_numbers(answer, schema) for answer in answers], dtype=np.float64)
    scale = 1.0 if schema.classes else schema.target_scale
    worst = np.abs(numbers - np.array(expected)).max() / scale
    return float(worst) if np.isfinite(worst) else float("inf")


def _numbers(answer: Any, schema: Schema) -> list[float]:
    """One answer as the network gave it."""
    if not schema.classes:
        return [answer]
    if "probability" in answer:  # of the positive class
        return [answer["probability"]]
    return [answer["probabilities"][name] for name in schema.classes]


def summary(record: CheckRecord) -> str:
    """How it ran and how fast."""
    return (
        f"{record.ran_as} ready in {record.ready_seconds:.1f} s, {record.rows} golden rows equal, "
        f"p99 {number(record.latency_p99_ms, 2)} ms"
    )
