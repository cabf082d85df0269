"""The rows of a data set as a network takes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.data.dataset import Dataset
from modelspec.plan.records import DataRecord, Schema
from modelspec.serving.preprocess import Preprocessor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from modelspec.stages.world import Done

TRAIN, VALIDATION, TEST = 0, 1, 2


class Prepared:
    """A prepared data set: inputs by the code that serves, targets, and sides."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self.schema = schema
        self.dataset = Dataset.load(folder)
        preprocessor = Preprocessor([f.model_dump() for f in schema.features])
        self.width = preprocessor.width
        self._inputs = preprocessor.columns(self.dataset.columns)

    def inputs(self, side: int) -> NDArray[np.float32]:
        """Preprocessed rows of one side, float32 (n, width)."""
        return self._inputs[self.dataset.side == side]

    def targets(self, side: int) -> NDArray[Any]:
        """Targets of one side, (n,): class index, or number."""
        return self.dataset.target[self.dataset.side == side]


def prepared(done: Done) -> Prepared:
    """The rows that the data step prepared."""
    return Prepared(done.folder("data"), done.record("data", DataRecord).schema_)
