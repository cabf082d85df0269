"""Any text is a gate that is spelled and read back, or what is wrong and at which character."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

from modelspec.diagnostics import InputError
from modelspec.spec.gate import GateError, offsets, parse_gate
from modelspec.spec.load import load
from modelspec.spec.model import Task
from tests.spec.examples import MINIMAL, replaced

ROOT = Path(__file__).parents[2]
SEEDS = [
    line.strip().removeprefix("- ").encode()
    for path in sorted(ROOT.glob("tests/errors/gate-*.yaml"))
    for line in path.read_text("utf-8").splitlines()
    if line.startswith("    - ")
]


def check(data: bytes) -> None:
    """The grammar answers, and so do the checks of a whole spec, whatever its task."""
    text = data.decode("utf-8", "replace")
    try:
        gate, starts = offsets(text)
    except GateError as error:
        assert error.message
        assert 0 <= error.offset <= len(text)
    else:
        assert parse_gate(gate.text) == gate
        assert all(0 <= start < len(text) for start in starts.values())
    for task in get_args(Task):
        spec = replaced("binary_classification", task).decode()
        gates = f"evaluate:\n  gates: [{json.dumps(text, ensure_ascii=False)}]\n"
        try:
            load(f"{spec}{gates}".encode(), "m.yaml")
        except InputError as error:
            lines = MINIMAL.count("\n") + 2
            places = [d.location for d in error.diagnostics]
            assert all(place and place.line <= lines for place in places)
