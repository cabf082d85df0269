"""Model folders of every task, and real servers that serve them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.serving.folders import CHURN, Folder, churn, rent, wine
from tests.serving.processes import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def churn_folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return churn(tmp_path_factory.mktemp("churn"))


@pytest.fixture(scope="session")
def wine_folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return wine(tmp_path_factory.mktemp("wine"))


@pytest.fixture(scope="session")
def rent_folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return rent(tmp_path_factory.mktemp("rent"))


@pytest.fixture(scope="session")
def server(churn_folder: Folder) -> Iterator[Server]:
    """One server for all tests that leave it as it is."""
    with Server(churn_folder.path) as running:
        yield running


@pytest.fixture
def own_server(churn_folder: Folder) -> Iterator[Server]:
    """A server for one test alone."""
    with Server(churn_folder.path) as running:
        yield running


@pytest.fixture
def copied(tmp_path: Path) -> Folder:
    """A model folder that the test may damage."""
    return churn(tmp_path, CHURN)
