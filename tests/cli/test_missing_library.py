from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.released import ENVIRONMENT, committed

WITHOUT = """
import sys
for name in {missing!r}:
    sys.modules[name] = None
from modelspec.__main__ import main
sys.argv[1:] = {words!r}
main()
"""


def run(root: Path, missing: list[str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run modelspec as if libraries were not installed."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT.format(missing=missing, words=list(words))],
        cwd=root,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("words", [["apply"], ["init", "table.csv"]], ids=" ".join)
def test_without_what_training_needs_the_message_says_how_to_install_it(
    tmp_path: Path, words: list[str]
) -> None:
    committed(tmp_path, "wine")
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    done = run(tmp_path, ["polars"], *words)
    assert done.returncode == 6
    assert "polars is not installed" in done.stderr
    assert "pip install 'modelspec[train]'" in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.parametrize("command", ["validate", "plan", "render", "status"])
def test_what_does_not_train_works_without_what_training_needs(
    tmp_path: Path, command: str
) -> None:
    committed(tmp_path, "wine")
    heavy = ["tensorflow", "keras", "polars", "sklearn", "numpy", "onnx", "ai_edge_litert"]
    done = run(tmp_path, heavy, command)
    assert done.returncode == 0, done.stderr
