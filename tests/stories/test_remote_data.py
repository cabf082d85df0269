"""Data that a web server has: pinned in a commit, fetched once, and noticed when they move."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelspec.adapters.files import user_cache
from tests.stories.conftest import fruit
from tests.stories.project import SPEC, Project
from tests.web import Web, serving

LOCK = "models/ripe/model.lock"


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as made:
        made.files["fruit.csv"] = fruit().encode()
        yield made


@pytest.fixture
def there(finished: Project, web: Web, tmp_path: Path) -> Project:
    """A spec that names the server's table; all that can be made of the file here is made."""
    cache = tmp_path / "cache" / "modelspec"
    cache.mkdir(parents=True)
    for part in ("layers", "wheels"):  # of images, which are not the business of these tests
        (user_cache() / part).mkdir(parents=True, exist_ok=True)
        (cache / part).symlink_to(user_cache() / part)
    finished.environment = finished.environment | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    finished.edit(SPEC, "source: fruit.csv", f"source: {web.url('fruit.csv')}")
    finished.git("rm", "-q", "models/ripe/fruit.csv")
    finished.commit("Read the table where it is")
    return finished


def forget_rows(project: Project) -> None:
    """As on another machine: what was fetched is not there."""
    shutil.rmtree(Path(project.environment["XDG_CACHE_HOME"]) / "modelspec" / "data")


def pinned(project: Project) -> str:
    (pin,) = json.loads(project.path(LOCK).read_text("utf-8"))["data"].values()
    assert isinstance(pin["sha256"], str)
    return f"sha256:{pin['sha256']}"


def test_data_of_a_server_are_pinned_released_and_read_again_without_it(
    there: Project, web: Web
) -> None:
    url = web.url("fruit.csv")
    for command in ("plan", "apply"):
        said = there.run(command, code=3)
        assert f"{SPEC}:8:11: data.source is not pinned: git does not hold {url}" in said.errors
        assert f"hint: modelspec lock ripe, and commit {LOCK}" in said.errors
    assert web.asked == []

    digest = f"sha256:{hashlib.sha256(fruit().encode()).hexdigest()}"
    assert f"{url}: not pinned -> {digest[:19]}" in " ".join(there.run("lock").output.split())
    assert pinned(there) == digest
    assert f"{LOCK} is not in the commit" in there.run("apply", code=6).errors
    there.commit("Pin the table")
    asked = list(web.asked)
    assert there.run("plan").output.startswith("ripe   first release")
    assert web.asked == asked  # a plan needs no network

    web.files["fruit.csv"] = 503
    assert "data" in there.run("apply", "--locked").rows
    record = there.record("ripe/v1.0.0")
    assert record["pins"]["data.source"] == digest
    assert record["sources"].keys() == {SPEC, LOCK}
    for command in ("plan", "apply"):
        assert "1.0.0 is up to date" in there.run(command).output
    assert web.asked == asked  # what was looked up was kept
    forget_rows(there)
    assert "1.0.0 is up to date" in there.run("apply").output
    assert web.asked == asked  # only the commit makes work


def test_data_that_moved_are_refused_and_taken_by_an_upgrade(there: Project, web: Web) -> None:
    there.run("lock")
    there.commit("Pin the table")
    old, more = pinned(there), fruit(220).encode()
    new = f"sha256:{hashlib.sha256(more).hexdigest()}"
    web.files["fruit.csv"] = more
    forget_rows(there)
    said = there.run("apply", code=6)
    assert f"pinned is {old}" in said.errors
    assert f"found is {new} ({len(more):,} bytes)" in said.errors
    assert "modelspec lock --upgrade data" in said.errors
    assert there.tags() == []

    assert "is up to date" in there.run("lock").output
    said = there.run("lock", "--upgrade", "data")
    assert f"{old[:19]} -> {new[:19]}" in " ".join(said.output.split())
    there.commit("Take the new rows")
    assert there.run("affected", "--since", "HEAD~1").output == "ripe\n"
    there.run("apply")
    rows = there.record("ripe/v1.0.0")["steps"]["data"]["record"]
    assert sum(rows[side]["rows"] for side in ("train", "validation", "test")) == 220

    there.git("revert", "--no-edit", "HEAD")
    planned = " ".join(there.run("plan").output.split())
    assert f"data.source: {new[:19]} -> {old[:19]}" in planned


def test_without_a_copy_and_without_the_server_nothing_is_made(there: Project, web: Web) -> None:
    there.run("lock")
    there.commit("Pin the table")
    forget_rows(there)
    web.files["fruit.csv"] = 404
    assert f"{web.url('fruit.csv')} is not there" in there.run("apply", code=6).errors
    there.edit(LOCK, web.address, "http://127.0.0.1:1")
    there.edit(SPEC, web.address, "http://127.0.0.1:1")
    there.commit("Another server")
    said = there.run("apply", code=6)
    assert "cannot be reached: nothing answers there" in said.errors
    assert there.tags() == []


def test_a_table_that_is_not_there_leaves_no_lock(there: Project, web: Web) -> None:
    web.files["fruit.csv"] = 404
    assert f"{web.url('fruit.csv')} is not there" in there.run("lock", code=6).errors
    assert not there.path(LOCK).exists()


def test_mistakes_in_the_rows_are_told_by_the_url(there: Project, web: Web) -> None:
    lines = fruit().splitlines()
    lines[3] = lines[3].replace(",", ",heavy,", 1).rsplit(",", 1)[0]
    web.files["fruit.csv"] = "\n".join(lines).encode()
    there.run("lock")
    there.commit("Pin the table")
    said = there.run("apply", code=3)
    assert f"{web.url('fruit.csv')}:4:" in said.errors
