"""Write the model in one format, compare it with Keras, and answer the golden rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from modelspec.plan.digest import canonical, digest, digest_bytes
from modelspec.plan.golden import golden as golden_rows
from modelspec.plan.records import ExportRecord
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
    from modelspec.training import export, predict, tolerance

    form = cast("ExportFormat", step.name.partition(".")[2])
    prepared = rows.prepared(done)
    schema = prepared.schema
    model = rows.trained(plan.spec, prepared, done.folder("train"))
    files = export.export(form, model, folder)
    asked = golden_rows(schema, plan.spec.data.split.seed)
    encoded = Preprocessor([f.model_dump() for f in schema.features]).rows(asked)
    inputs = np.concatenate([prepared.inputs(rows.TEST), encoded])
    expected = predict.predict(model, inputs)
    allowed = tolerance.tolerance(plan.spec.task, schema.target_mean, schema.target_scale)
    difference = export.compare(form, folder, inputs, expected, allowed)
    output = digest({name: digest_bytes((folder / name).read_bytes()) for name in files})
    answers = {"rows": asked, "expected": expected[-len(asked) :].astype(float).tolist()}
    (folder / GOLDEN).write_text(canonical(answers) + "\n", "utf-8")
    return ExportRecord(
        output=output, format=form, max_difference=difference, tolerance=allowed.limit
    )


def golden(folder: Path) -> tuple[list[list[Any]], list[list[float]]]:
    """The golden rows of an export, and what Keras answers to them."""
    stored = json.loads((folder / GOLDEN).read_text("utf-8"))
    return stored["rows"], stored["expected"]


def summary(record: ExportRecord) -> str:
    """How near to Keras it is."""
    return f"agrees with Keras to {record.max_difference:.0e}".replace("e-0", "e-")
