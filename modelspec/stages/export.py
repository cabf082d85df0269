"""Write the model in one format, compare it with Keras, and answer the golden rows."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from modelspec.plan.digest import canonical, digest
from modelspec.plan.golden import golden_rows
from modelspec.plan.records import ExportRecord, Schema
from modelspec.serving.preprocess import Preprocessor

if TYPE_CHECKING:
    from modelspec.plan.plan import Plan, Step
    from modelspec.spec.serving import ExportFormat
    from modelspec.stages.world import Done, World

GOLDEN = "golden.json"


def run(step: Step, plan: Plan, done: Done, world: World, folder: Path) -> ExportRecord:
    """Export, compare over the test rows and the golden rows.

    Raises:
        ModelRejected: if the export disagrees with Keras.
    """
    import numpy as np

    from modelspec.stages import rows
    from modelspec.training import export, fit, network, runtime, weights

    form = cast("ExportFormat", step.name.partition(".")[2])
    prepared = rows.prepared(done)
    runtime.deterministic(plan.spec.data.split.seed)
    model = network.build(plan.spec.model, plan.spec.task, prepared.schema, prepared.width)
    weights.load(model, done.folder("train"))
    export.write(form, model, folder)
    golden = golden_rows(prepared.schema, plan.spec.data.split.seed)
    inputs = np.concatenate([prepared.inputs(rows.TEST), _encoded(prepared.schema, golden)])
    expected = fit.predict(model, inputs)
    scale = prepared.schema.target_scale if plan.spec.task == "regression" else 1.0
    difference = export.compare(form, folder, inputs, expected, scale)
    output = digest({name: _sha256(folder / name) for name in _names(folder)})
    answers = {"rows": golden, "expected": expected[-len(golden) :].astype(float).tolist()}
    (folder / GOLDEN).write_text(canonical(answers) + "\n", "utf-8")
    return ExportRecord(
        output=output, format=form, max_difference=difference, tolerance=export.TOLERANCE
    )


def golden(folder: Path) -> tuple[list[list[Any]], list[list[float]]]:
    """The golden rows of an export, and what Keras answers to them."""
    stored = json.loads((folder / GOLDEN).read_text("utf-8"))
    return stored["rows"], stored["expected"]


def _encoded(schema: Schema, raw: list[list[Any]]) -> Any:
    return Preprocessor([f.model_dump() for f in schema.features]).rows(raw)


def _names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def summary(record: ExportRecord) -> str:
    """How near to Keras it is."""
    return f"agrees with Keras to {record.max_difference:.1g}"
