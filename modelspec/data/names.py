"""Do the columns exist that the spec names?"""

from __future__ import annotations

from collections.abc import Iterator

from modelspec.data.problems import Problems
from modelspec.data.table import Table
from modelspec.spec.model import ModelSpec
from modelspec.spec.places import Path
from modelspec.spec.scalar import show


def check_names(table: Table, spec: ModelSpec, problems: Problems) -> bool:
    """Report columns that are not there, and a key with empty cells.

    Returns:
        Whether the target is there.
    """
    for path, name in _named(spec):
        if name not in table.names:
            problems.in_spec(path, f"{table.file} has no column {show(name)}", table.near(name))
    for number, gate in enumerate(spec.evaluate.gates):
        for name in gate.columns:
            if name not in table.names:
                message = f"{table.file} has no column {show(name)}"
                problems.in_gate(number, message, table.near(name))
    key = spec.data.split.key
    if key in table.names:
        problems.in_cells(
            key,
            table.cells(key) == "",
            f"{show(key)} is empty here, and data.split.key decides by it",
            "fill the cells, or choose another key",
        )
    return spec.data.target.column in table.names


def _named(spec: ModelSpec) -> Iterator[tuple[Path, str]]:
    """Every column that the spec names, and where."""
    data = spec.data
    yield ("data", "target", "column"), data.target.column
    for number, name in enumerate(data.ignore):
        yield ("data", "ignore", number), name
    if data.split.key is not None:
        yield ("data", "split", "key"), data.split.key
    for name in data.features or {}:
        yield ("data", "features", name), name
