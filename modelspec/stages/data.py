"""Read the rows, check them, divide them, and describe the features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.plan.records import Counts, DataRecord

if TYPE_CHECKING:
    from modelspec.plan.plan import Plan, Step
    from modelspec.stages.world import Done, World


def run(step: Step, plan: Plan, done: Done, world: World, folder: Path) -> DataRecord:
    """Prepare the data set and save it.

    Raises:
        InputError: every cell, column and class that is wrong, with its place.
    """
    from modelspec.data.dataset import prepare

    source = plan.spec.data.source
    dataset = prepare(world.read(source), world.file(source), plan.spec, world.loaded.places)
    for warning in dataset.warnings:
        world.report.warn(warning.text())
    dataset.save(folder)
    train, validation, test = (
        Counts(rows=side.rows, classes=side.classes) for side in dataset.counts()
    )
    return DataRecord(
        output=dataset.digest(),
        schema_=dataset.schema,
        train=train,
        validation=validation,
        test=test,
    )


def summary(record: DataRecord) -> str:
    """How many rows are on each side."""
    return (
        f"{record.train.rows} train, {record.validation.rows} validation, "
        f"{record.test.rows} test rows"
    )
