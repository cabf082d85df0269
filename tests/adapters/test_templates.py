from __future__ import annotations

from pathlib import Path

import pytest

import modelspec
from modelspec.adapters import templates
from modelspec.diagnostics import WorldError


@pytest.fixture(autouse=True)
def _fresh() -> None:
    templates.builtin.cache_clear()


def test_a_checkout_reads_the_folder_beside_the_package() -> None:
    found = templates.builtin()
    root = Path(modelspec.__file__).parent.parent / "templates"
    assert templates.folder() == root
    assert found["kubernetes/serving.yaml.j2"] == (
        root / "kubernetes" / "serving.yaml.j2"
    ).read_text("utf-8")
    assert "README.md" not in found


def test_a_wheel_reads_the_folder_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "modelspec" / "_templates" / "x"
    packed.mkdir(parents=True)
    (packed / "a.yaml.j2").write_text("a")
    monkeypatch.setattr(modelspec, "__file__", str(tmp_path / "modelspec" / "__init__.py"))
    assert templates.builtin() == {"x/a.yaml.j2": "a"}
    templates.builtin.cache_clear()


def test_missing_templates_are_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modelspec, "__file__", str(tmp_path / "modelspec" / "__init__.py"))
    with pytest.raises(WorldError, match="are missing: install it again"):
        templates.builtin()
