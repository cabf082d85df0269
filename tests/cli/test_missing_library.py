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


def test_without_the_fast_yaml_parser_it_says_so_once_and_works(tmp_path: Path) -> None:
    committed(tmp_path, "wine")
    (tmp_path / "models" / "second").mkdir()
    text = (tmp_path / "models" / "wine" / "model.yaml").read_text("utf-8")
    second = text.replace("name: wine", "name: second")
    (tmp_path / "models" / "second" / "model.yaml").write_text(second, "utf-8")
    done = run(tmp_path, ["yaml._yaml"], "validate", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == run(tmp_path, [], "validate", "--format", "json").stdout
    assert done.stderr.count("warning: PyYAML is built without libyaml") == 1
    doctor = run(tmp_path, ["yaml._yaml"], "doctor")
    assert "warning" not in doctor.stderr
    assert "PyYAML without libyaml" in doctor.stdout
