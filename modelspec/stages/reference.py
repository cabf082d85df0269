"""Describe the training rows bin by bin, for live rows to be held against."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.plan.digest import canonical, digest_bytes
from modelspec.plan.records import DataRecord, ReferenceRecord
from modelspec.serving.contract import REFERENCE_FILE

if TYPE_CHECKING:
    from modelspec.plan.plan import Plan, Step
    from modelspec.serving.reference import Bins
    from modelspec.stages.world import Done, World


def run(step: Step, plan: Plan, done: Done, world: World, folder: Path) -> ReferenceRecord:
    """Count the training rows in the bins of every feature that is not personal."""
    from modelspec.data.dataset import Dataset
    from modelspec.data.reference import feature_bins
    from modelspec.stages import rows

    schema = done.record("data", DataRecord).schema_
    train = Dataset.load(done.folder("data")).rows(rows.TRAIN)
    bins = feature_bins(schema, train.columns)
    content = canonical({name: plain(of) for name, of in bins.items()}) + "\n"
    (folder / REFERENCE_FILE).write_text(content, "utf-8")
    return ReferenceRecord(
        output=digest_bytes(content.encode()),
        features=len(bins),
        bins=sum(len(of.labels) for of in bins.values()),
    )


def plain(bins: Bins) -> dict[str, Any]:
    """Bins as JSON has them."""
    return {key: value for key, value in asdict(bins).items() if value is not None}


def summary(record: ReferenceRecord) -> str:
    """How much is counted."""
    return f"{record.bins} bins of {record.features} features"
