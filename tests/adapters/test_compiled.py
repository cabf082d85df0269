"""Compiled templates are kept, and believed only as they were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelspec.adapters.compiled import Compiled
from modelspec.render.engine import environment_of, render

NAME = "a.yaml.j2"
TEMPLATES = {NAME: "a: {{ x }}\n"}


@pytest.fixture
def kept(tmp_path: Path) -> Compiled:
    environment_of.cache_clear()
    return Compiled(tmp_path / "kept")


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "kept").iterdir())


def test_what_was_compiled_is_not_compiled_again(
    kept: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert render(NAME, TEMPLATES, {"x": "1"}, kept) == 'a: "1"\n'
    assert len(files(tmp_path)) == 1
    environment_of.cache_clear()
    monkeypatch.setattr("modelspec.render.sandbox.Sandbox._generate", None)
    assert render(NAME, TEMPLATES, {"x": "2"}, kept) == 'a: "2"\n'


def test_another_text_is_compiled_anew(kept: Compiled, tmp_path: Path) -> None:
    render(NAME, TEMPLATES, {"x": "1"}, kept)
    assert render(NAME, {NAME: "b: {{ x }}\n"}, {"x": "1"}, kept) == 'b: "1"\n'
    assert len(files(tmp_path)) == 2


def test_a_damaged_file_is_compiled_anew(kept: Compiled, tmp_path: Path) -> None:
    render(NAME, TEMPLATES, {"x": "1"}, kept)
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    for damaged in (b"", whole[:40], whole[:-1], whole[:-9] + bytes(9), bytes(len(whole))):
        file.write_bytes(damaged)
        environment_of.cache_clear()
        assert render(NAME, TEMPLATES, {"x": "1"}, kept) == 'a: "1"\n'
        assert file.read_bytes() == whole


def test_a_disk_that_cannot_be_written_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("in the way")
    environment_of.cache_clear()
    assert render(NAME, TEMPLATES, {"x": "1"}, Compiled(tmp_path / "kept")) == 'a: "1"\n'
