"""Any bytes are a spec, a project or an environment, or problems with their places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from modelspec.diagnostics import Diagnostic, InputError
from modelspec.spec.environment import load_environment
from modelspec.spec.load import load, name_of
from modelspec.spec.project import load_project
from tests.spec.examples import FULL

ROOT = Path(__file__).parents[2]
SEEDS = [
    FULL.encode(),
    *(path.read_bytes() for path in sorted(ROOT.glob("examples/*/model.yaml"))),
    *(path.read_bytes() for path in sorted(ROOT.glob("tests/errors/*.yaml"))),
]


def check(data: bytes) -> None:
    """Every loader answers, and a spec that is right survives its canonical form."""
    name_of(data)
    _problems(load_project, data)
    _problems(load_environment, data)
    if found := _problems(load, data):
        assert all("Input should" not in d.message for d in found)
        return
    loaded = load(data, "m.yaml")
    _located(loaded.warnings)
    spec = loaded.spec
    assert type(spec).from_canonical(spec.canonical()) == spec


def _problems(read: Callable[[bytes, str], object], data: bytes) -> tuple[Diagnostic, ...]:
    try:
        read(data, "m.yaml")
    except InputError as error:
        assert error.diagnostics
        _located(error.diagnostics)
        return error.diagnostics
    return ()


def _located(found: tuple[Diagnostic, ...]) -> None:
    for diagnostic in found:
        assert diagnostic.location
        assert diagnostic.location.line > 0
        assert diagnostic.location.column > 0
        assert len(diagnostic.text()) < 10_000
