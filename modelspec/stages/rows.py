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

    from modelspec.spec.model import ModelSpec
    from modelspec.stages.world import Done
    from modelspec.training.runtime import keras

TRAIN, VALIDATION, TEST = 0, 1, 2
WEIGHTS = "weights.npz"


class Prepared:
    """A prepared data set: inputs by the code that serves, targets, and sides."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self.schema = schema
        self._dataset = Dataset.load(folder)
        preprocessor = Preprocessor([f.model_dump() for f in schema.features])
        self.width = preprocessor.width
        self._inputs = preprocessor.columns(self._dataset.columns)

    def inputs(self, side: int) -> NDArray[np.float32]:
        """Preprocessed rows of one side, float32 (n, width)."""
        chosen: NDArray[np.float32] = self._inputs[self._dataset.side == side]
        return chosen

    def targets(self, side: int) -> NDArray[Any]:
        """Targets of one side, (n,): class index, or number."""
        return self._dataset.rows(side).target


def prepared(done: Done) -> Prepared:
    """The rows that the data step prepared."""
    return Prepared(done.folder("data"), done.record("data", DataRecord).schema_)


def network(spec: ModelSpec, prepared: Prepared) -> keras.Model:
    """The network of a spec, with its first weights."""
    from modelspec.training.network import build

    schema = prepared.schema
    return build(
        spec.model,
        prepared.width,
        spec.task,
        len(schema.classes),
        schema.target_mean,
        schema.target_scale,
        spec.data.split.seed,
    )


def trained(spec: ModelSpec, prepared: Prepared, folder: Path) -> keras.Model:
    """The network with the weights that the train step saved in a folder."""
    from modelspec.training.weights import load_weights

    model = network(spec, prepared)
    load_weights(model, folder / WEIGHTS)
    return model
