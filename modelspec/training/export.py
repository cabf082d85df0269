"""Exports a network, and holds every export against Keras."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np

from modelspec.diagnostics import Diagnostic, ModelRejected
from modelspec.spec.serving import ExportFormat
from modelspec.training import onnx, savedmodel, tflite
from modelspec.training.graph import Served
from modelspec.training.runtime import keras
from modelspec.training.tolerance import Floats, Tolerance, differences

# A format is a module with `write(served, folder)` and `load(folder)`.
FORMATS: dict[ExportFormat, ModuleType] = {
    "savedmodel": savedmodel,
    "onnx": onnx,
    "tflite": tflite,
}
_ROWS_A_CALL = 4096


def export(format: ExportFormat, model: keras.Model, folder: Path) -> list[str]:  # noqa: A002
    """Write a model into an empty folder: equal weights give equal bytes, in any process.

    Returns:
        The files, as sorted paths relative to the folder.
    """
    FORMATS[format].write(Served(model), folder)
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def compare(
    format: ExportFormat,  # noqa: A002
    folder: Path,
    rows: Floats,
    expected: Floats,
    allowed: Tolerance,
) -> float:
    """Ask an export the rows, by the engine it is for.

    Args:
        format: which engine.
        folder: where `export` wrote.
        rows: preprocessed, float32 (n, width), n > 0.
        expected: what Keras answers, float32 (n, units).
        allowed: see `tolerance`.

    Returns:
        The largest difference, in units of `allowed`.

    Raises:
        ModelRejected: the export cannot be loaded, answers in another shape, or differs by more
            than is allowed; names the first row that differs most.
    """
    try:
        answer = FORMATS[format].load(folder)
        parts = [answer(rows[i : i + _ROWS_A_CALL]) for i in range(0, len(rows), _ROWS_A_CALL)]
    except Exception as error:  # noqa: BLE001 - each engine has exceptions of its own
        raise ModelRejected(f"the {format} export does not run: {_first_line(error)}") from None
    answers = np.concatenate(parts)
    if answers.shape != expected.shape:
        raise ModelRejected(
            f"the {format} export answers in the shape {answers.shape}, Keras in {expected.shape}"
        )
    far = differences(answers, expected, allowed)
    worst = int(np.argmax(far))
    if not far[worst] <= allowed.limit:
        raise ModelRejected(
            Diagnostic(
                f"the {format} export disagrees with Keras: row {worst} differs by "
                f"{far[worst]:.2g}, {allowed.limit:.2g} is allowed "
                f"({int((far > allowed.limit).sum())} of {len(rows)} rows differ by more)",
                hint=f"leave {format} out of export, and report the case: exports should agree",
            )
        )
    return float(far[worst])


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
