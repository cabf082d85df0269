"""Automatic environments with a registry of their own: the image is there before it is named."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modelspec.adapters.registry import Registry
from modelspec.cli.app import app
from tests.adapters.images.parts import registry
from tests.adapters.images.pushed import image
from tests.released import git, inside, tagged
from tests.stages.delivered import apply, commit, failure, line, tip, two_models
from tests.stages.deployed import environment


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone of a bare remote with two models; releases of diabetes alone."""
    made = two_models(tmp_path)
    git(made, "tag", "-d", "wine/v1.0.0")
    git(made, "push", "-q", "origin", ":wine/v1.0.0")
    return made


def release(root: Path, reference: str, staging: str) -> None:
    """Release wine with its image in one registry, for an environment that has another."""
    body = f"namespace: ml-staging\npromote: automatic\nregistry: {staging}\n"
    environment(root, "staging", body)
    commit(root, "Give staging a registry")
    tagged(root, "wine", reference, published=True)
    git(root, "push", "-q", "origin", "wine/v1.0.0")


def test_the_image_is_copied_before_the_commit_names_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with registry(tmp_path / "a") as own, registry(tmp_path / "b") as other:
        reference = image(own, "team/wine")
        digest = reference.partition("@")[2]
        release(root, reference, f"{other}/staging")
        assert apply(root, "wine").exit_code == 0
        assert line(root) == "wine: 1.0.0"
        text = git(root, "show", f"{tip(root)}:deploy/staging/wine/serving.yaml")
        assert f'image: "{other}/staging/wine@{digest}"' in text
        with closing(Registry(other)) as there:
            assert there.manifest("staging/wine", digest) is not None


def test_an_image_that_no_registry_has_is_not_named_by_a_commit(root: Path, tmp_path: Path) -> None:
    with registry(tmp_path) as own:
        digest = "sha256:" + "0" * 64
        release(root, f"{own}/team/wine@{digest}", f"{own}/staging")
        before = tip(root)
        error = failure(apply(root, "wine"))
        assert error.exit_code == 6
        assert f"has no {digest}" in str(error)
        assert tip(root) == before


def test_without_a_push_an_environment_with_a_registry_of_its_own_stays(root: Path) -> None:
    release(root, "127.0.0.1:1/team/wine@sha256:" + "0" * 64, "127.0.0.1:1/staging")
    with inside(root):
        done = CliRunner().invoke(app, ["apply", "wine"])
    assert done.exit_code == 0
    assert not (root / "deploy").exists()
    assert git(root, "status", "-s") == ""
