from __future__ import annotations

from pathlib import Path

import pytest

from modelspec.adapters.case import refuse_tags_in_other_case
from modelspec.adapters.git import Repository
from modelspec.diagnostics import WorldError
from tests.released import git, released


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released(tmp_path_factory.mktemp("released"), "wine")


@pytest.mark.parametrize("tag", ["Wine/v1.0.0", "WINE/v9.0.0", "wine/V1.0.0", "winE/v2"])
def test_a_tag_that_differs_only_in_case_is_refused(root: Path, tag: str) -> None:
    git(root, "tag", tag)
    try:
        with pytest.raises(WorldError, match=f"{tag} differs from the tags of wine only in case"):
            refuse_tags_in_other_case(Repository(root), "wine")
    finally:
        git(root, "tag", "-d", tag)


@pytest.mark.parametrize("tag", ["wine/v2.0.0", "Wines/v1.0.0", "Wine", "wine/other", "Wine/note"])
def test_other_tags_are_not(root: Path, tag: str) -> None:
    git(root, "tag", tag)
    try:
        refuse_tags_in_other_case(Repository(root), "wine")
    finally:
        git(root, "tag", "-d", tag)
