from __future__ import annotations

import os
from pathlib import Path

import pytest

import modelspec
from modelspec.adapters import templates
from modelspec.diagnostics import TemplateError, WorldError


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


def test_templates_of_a_work_tree_are_the_files_that_end_in_j2(tmp_path: Path) -> None:
    for name in ("a/b.yaml.j2", "README.md", "c.j2", "d.html"):
        path = tmp_path / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    assert templates.own(tmp_path) == {
        "templates/a/b.yaml.j2": b"a/b.yaml.j2",
        "templates/c.j2": b"c.j2",
    }


def test_a_work_tree_without_the_folder_has_none(tmp_path: Path) -> None:
    assert templates.own(tmp_path) == {}
    (tmp_path / "templates").write_text("a file")
    assert templates.own(tmp_path) == {}


@pytest.mark.parametrize("link", ["templates", "templates/kubernetes", "templates/a.yaml.j2"])
def test_a_link_is_refused_and_what_it_leads_to_is_not_read(tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "serving.yaml.j2").write_text("secret")
    root = tmp_path / "root"
    path = root / link
    path.parent.mkdir(parents=True)
    path.symlink_to(outside / "serving.yaml.j2" if link.endswith("j2") else outside)
    with pytest.raises(TemplateError, match=f"{link}:1:1: .* this is a symbolic link") as caught:
        templates.own(root)
    assert "secret" not in str(caught.value)


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    os.mkfifo(tmp_path / "templates" / "a.yaml.j2")
    with pytest.raises(TemplateError, match="no regular file"):
        templates.own(tmp_path)
