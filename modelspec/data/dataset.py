"""A data set that is ready for training: read, checked, divided, described."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modelspec.data import archive
from modelspec.data.columns import Column, features_of, read_columns
from modelspec.data.names import check_names
from modelspec.data.personal import unquoted
from modelspec.data.problems import Problems
from modelspec.data.schema import fit_schema
from modelspec.data.split import SIDES, TRAIN, sides
from modelspec.data.table import read_table
from modelspec.data.target import check_sides, read_target
from modelspec.diagnostics import Diagnostic
from modelspec.plan.records import Counts, Schema
from modelspec.spec.model import ModelSpec
from modelspec.spec.places import Places

FEWEST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a data set.

    Attributes:
        columns: raw cells of each feature, shape (rows,). Number: float64, NaN where missing.
            Category: objects, `str` or None.
        target: shape (rows,). Regression: float64. Else int64, indexes into `schema.classes`.
    """

    columns: Mapping[str, Column]
    target: NDArray[np.float64] | NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.target.size)


@dataclass(frozen=True, slots=True)
class Dataset:
    """All rows of a data set, with their sides.

    Attributes:
        schema: what was learned from the training rows.
        columns: raw cells of each feature, in the order of `schema.features`; as in `Rows`.
        target: as in `Rows`.
        side: uint8 of shape (rows,): 0 train, 1 validation, 2 test.
        warnings: what the user should know; not part of the data set, and not saved.
    """

    schema: Schema
    columns: Mapping[str, Column]
    target: NDArray[np.float64] | NDArray[np.int64]
    side: NDArray[np.uint8]
    warnings: tuple[Diagnostic, ...] = field(default=(), compare=False)

    def rows(self, side: int) -> Rows:
        """The rows of one side, in the order of the file."""
        on = self.side == side
        return Rows({name: column[on] for name, column in self.columns.items()}, self.target[on])

    def counts(self) -> tuple[Counts, Counts, Counts]:
        """Rows and rows of each class, of the training, validation and test side."""
        train, validation, test = (self._count(side) for side in range(len(SIDES)))
        return train, validation, test

    def _count(self, side: int) -> Counts:
        target = self.target[self.side == side]
        classes = {name: int((target == n).sum()) for n, name in enumerate(self.schema.classes)}
        return Counts(rows=int(target.size), classes=classes)

    def digest(self) -> str:
        """`sha256:<hex>` of what the data set says, whatever file holds it (see `archive`)."""
        return archive.digest(self.schema, self.columns, self.target, self.side)

    def save(self, folder: Path) -> None:
        """Write the data set into an existing folder; equal data sets give equal bytes."""
        archive.save(folder, self.schema, self.columns, self.target, self.side)

    @classmethod
    def load(cls, folder: Path) -> Dataset:
        """Read what `save` wrote."""
        return cls(*archive.load(folder))


def prepare(content: bytes, file: str, spec: ModelSpec, places: Places | None = None) -> Dataset:
    """Make a data set of a CSV file.

    Args:
        content: the bytes of the file.
        file: its name in messages.
        spec: says what the columns are.
        places: of the spec's keys, for messages.

    Raises:
        InputError: everything that is wrong with the file, its cells, columns and classes.
    """
    with unquoted(spec.data, file):
        return _prepare(content, file, spec, places)


def _prepare(content: bytes, file: str, spec: ModelSpec, places: Places | None) -> Dataset:
    table = read_table(content, file, spec.data.csv)
    problems = Problems(table, places)
    known = check_names(table, spec, problems)
    inferred = spec.data.features is None
    if inferred:
        problems.stop()  # what is left for features depends on the other names
    features = features_of(table, spec.data, problems)
    columns = read_columns(table, features, problems, inferred=inferred)
    if table.rows < FEWEST_ROWS:
        problems.in_spec(
            ("data", "source"),
            f"{file} has {table.rows} rows: too few to train, to stop and to judge",
            f"at least {FEWEST_ROWS} are needed, and hundreds for a model that is of use",
        )
    target, classes = (
        read_target(table, spec, problems) if known else (np.zeros(table.rows, np.float64), ())
    )
    problems.stop()
    key = spec.data.split.key
    side = sides(spec.data.split, columns, None if key is None else table.cells(key).to_list())
    check_sides(SIDES, [side == n for n in range(len(SIDES))], target, classes, problems)
    problems.stop()
    schema = fit_schema(features, columns, target, classes, side == TRAIN, problems)
    problems.stop()
    return Dataset(schema, columns, target, side, tuple(problems.warnings))
