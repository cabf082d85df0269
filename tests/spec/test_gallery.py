"""Every message as reviewed prose: `tests/errors/<case>.yaml` must be answered by `<case>.txt`.

`UPDATE_GOLDEN=1` writes the answers anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modelspec.diagnostics import InputError
from modelspec.spec.environment import load_environment
from modelspec.spec.load import load
from modelspec.spec.project import load_project

FOLDER = Path(__file__).parents[1] / "errors"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
READERS: dict[str, tuple[Callable[[bytes, str], object], str]] = {
    "project": (load_project, "modelspec.yaml"),
    "environment": (load_environment, "environments/prod.yaml"),
}


def reader_of(case: str) -> tuple[Callable[[bytes, str], object], str]:
    """What reads a file of the gallery, and the file's name: its kind is in the case's."""
    return READERS.get(case.partition("-")[0], (load, "model.yaml"))


def problems_of(case: str) -> InputError:
    content = (FOLDER / f"{case}.yaml").read_bytes()
    reader, file = reader_of(case)
    with pytest.raises(InputError) as caught:
        reader(content, file)
    return caught.value


@pytest.mark.parametrize("case", CASES)
def test_a_bad_file_is_answered_as_the_gallery_says(case: str) -> None:
    start = time.process_time()
    error = problems_of(case)
    seconds = time.process_time() - start
    text = "\n\n".join(d.text() for d in error.diagnostics) + "\n"
    golden = FOLDER / f"{case}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text
    assert seconds < 1
    assert error.exit_code == 3


@pytest.mark.parametrize("case", CASES)
def test_each_problem_has_a_place_and_speaks_our_language(case: str) -> None:
    for diagnostic in problems_of(case).diagnostics:
        assert diagnostic.location is not None
        assert diagnostic.severity == "error"
        assert not diagnostic.message.endswith(".")
        assert "Input should" not in diagnostic.message
        assert "Traceback" not in diagnostic.text()
        lines = (FOLDER / f"{case}.yaml").read_bytes().count(b"\n") + 1
        assert 1 <= diagnostic.location.line <= lines + 1


def test_the_gallery_is_not_empty_and_has_no_answer_without_a_case() -> None:
    assert len(CASES) >= 50
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == CASES
