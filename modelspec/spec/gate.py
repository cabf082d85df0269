"""The grammar of gates: `roc_auc >= 0.85`, `recall >= 0.5 for each country`."""

from __future__ import annotations

from modelspec.spec.gate_reader import GateReader
from modelspec.spec.gate_terms import (
    FLOOR,
    ForClass,
    ForEach,
    ForValue,
    Gate,
    GateError,
    Quantity,
    Reference,
    Slice,
    Unit,
)

__all__ = [
    "FLOOR",
    "ForClass",
    "ForEach",
    "ForValue",
    "Gate",
    "GateError",
    "Quantity",
    "Reference",
    "Slice",
    "Unit",
    "offsets",
    "parse_gate",
]


def parse_gate(text: str) -> Gate:
    """Read one gate.

    Raises:
        GateError: what is wrong and at which character.
    """
    return offsets(text)[0]


def offsets(text: str) -> tuple[Gate, dict[str, int]]:
    """Read one gate, and where its parts begin.

    Returns:
        The gate, and the offset from 0 of its `metric`, `comparator`, `bound`, `slice` and
        `floor`, of those that are there.

    Raises:
        GateError: what is wrong and at which character.
    """
    return GateReader(text).gate()
