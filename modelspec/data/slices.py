"""The columns by which gates divide rows: any column of the file, as text."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from modelspec.data.problems import Problems
from modelspec.data.table import USUAL, read_table
from modelspec.spec.data import Csv
from modelspec.spec.gate import Gate
from modelspec.spec.places import Places
from modelspec.spec.scalar import show


def read_slices(
    content: bytes,
    file: str,
    gates: Iterable[Gate],
    places: Places | None = None,
    csv: Csv = USUAL,
) -> dict[str, NDArray[np.object_]]:
    """The cells of every column that a gate's slice names.

    They are no part of a data set: another gate must not make another data set.

    Args:
        content: the bytes of the CSV file.
        file: its name in messages.
        gates: of the spec, all of them, in its order.
        places: of the spec's keys, for messages.
        csv: how the file is written.

    Returns:
        For each column texts of shape (rows,), in the order of the file; empty cells are "".

    Raises:
        InputError: if the file is no table or a column is not there.
    """
    named = [(number, name) for number, gate in enumerate(gates) for name in gate.columns]
    if not named:
        return {}
    table = read_table(content, file, csv)
    problems = Problems(table, places)
    for number, name in named:
        if name not in table.names:
            message = f"{file} has no column {show(name)}"
            problems.in_gate(number, message, table.near(name))
    problems.stop()
    return {name: np.array(table.cells(name).to_list(), dtype=object) for _, name in named}
