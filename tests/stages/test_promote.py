"""`modelspec promote`, from a remote and a registry to another registry and the work tree."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from modelspec.cli.app import app
from modelspec.diagnostics import ModelspecError
from tests.adapters.images.parts import registry
from tests.adapters.images.pushed import image
from tests.released import committed, git, inside, tagged
from tests.stages.deployed import FILES, deployed, environment

NOWHERE = "127.0.0.1:1/team/wine@sha256:" + "0" * 64


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone of a bare remote; the environments staging and prod, and no release."""
    there = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(there))
    made = committed(tmp_path / "here", "wine")
    environment(made, "staging", "promote: automatic\nnamespace: ml-staging\n")
    environment(made, "prod", "namespace: ml-prod\n# by pull request\nmodels: {}\n")
    git(made, "add", ".")
    git(made, "commit", "-q", "-m", "Add environments")
    git(made, "remote", "add", "origin", str(there))
    git(made, "push", "-q", "origin", "main")
    return made


def release(root: Path, version: str = "1.0.0", reference: str | None = None) -> None:
    """A release that is published."""
    tagged(root, "wine", reference, version=version, published=True)
    git(root, "push", "-q", "origin", f"wine/v{version}")


def promote(root: Path, *words: str) -> Result:
    with inside(root):
        return CliRunner().invoke(app, ["promote", *words])


def refused(root: Path, *words: str, code: int) -> str:
    """What is said where nothing is promoted, and nothing changes."""
    before = git(root, "status", "--porcelain", "--untracked-files=all")
    error = promote(root, *words).exception
    assert isinstance(error, ModelspecError), error
    assert error.exit_code == code
    assert git(root, "status", "--porcelain", "--untracked-files=all") == before
    return str(error)


def check(root: Path) -> str:
    with inside(root):
        done = CliRunner().invoke(app, ["render", "--check"])
    return done.output or str(done.exception)


def test_a_promotion_writes_the_line_and_the_files_and_its_revert_takes_both_back(
    root: Path,
) -> None:
    release(root, "1.0.0")
    release(root, "1.0.1")
    said = promote(root, "wine", "1.0.0", "--to", "prod")
    assert said.output.splitlines()[:3] == [
        "  promote   wine 1.0.0 in prod",
        "  write     environments: prod.yaml",
        "  write     deploy/prod/wine: 3 files",
    ]
    assert deployed(root) == [f"prod/wine/{file}" for file in FILES]
    commit(root, "Promote wine 1.0.0")
    before = git(root, "rev-parse", "HEAD^{tree}")
    assert "wine 1.0.0 -> 1.0.1 in prod" in promote(root, "wine", "1.0.1", "--to", "prod").output
    commit(root, "Promote wine 1.0.1")
    assert "up to date" in check(root)
    git(root, "revert", "--no-edit", "HEAD")
    assert git(root, "rev-parse", "HEAD^{tree}") == before
    assert "up to date" in check(root)
    assert promote(root, "wine", "1.0.0", "--to", "prod").output == (
        "wine   1.0.0 runs in prod already.\n"
    )


def test_a_promotion_renders_the_overrides_of_its_environment(root: Path) -> None:
    release(root, "1.0.0")
    release(root, "1.0.1")
    promote(root, "wine", "1.0.0", "--to", "prod")
    path = root / "environments" / "prod.yaml"
    overrides = (
        "overrides:\n  deploy: {replicas: {min: 3, max: 5}}\n"
        "  models: {wine: {deploy: {replicas: {min: 4}}}}\n"
    )
    path.write_text(path.read_text() + overrides)
    promote(root, "wine", "1.0.1", "--to", "prod")
    assert path.read_text().endswith(overrides)
    text = (root / "deploy" / "prod" / "wine" / "serving.yaml").read_text()
    assert "minReplicas: 4\n  maxReplicas: 5" in text
    held = json.loads((root / "deploy" / "prod" / "wine" / "release.lock").read_text())
    assert held["record"]["version"] == "1.0.1"
    assert "deploy" not in held["spec"]  # what was released stays what it was
    assert "up to date" in check(root)


def commit(root: Path, subject: str) -> None:
    git(root, "add", "environments", "deploy")
    git(root, "commit", "-q", "-m", subject)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.0.9", "there is no release 1.0.9 of wine\n  hint: the nearest is 1.0.1"),
        ("2.0.0", "there is no release 2.0.0 of wine\n  hint: the nearest is 1.0.0"),
        (
            "v1.0.0",
            "VERSION must be an exact version such as 1.4.0, not `v1.0.0`\n  hint: write 1.0.0",
        ),
        ("latest", "VERSION must be an exact version such as 1.4.0, not `latest`"),
    ],
)
def test_a_version_that_does_not_exist_is_told_with_the_nearest(
    root: Path, version: str, said: str
) -> None:
    release(root, "1.0.0")
    release(root, "1.0.1")
    assert refused(root, "wine", version, "--to", "prod", code=3).startswith(said)


def test_a_model_or_an_environment_that_is_misspelled_is_told_with_what_was_meant(
    root: Path,
) -> None:
    release(root)
    assert "did you mean `wine`?" in refused(root, "wien", "1.0.0", "--to", "prod", code=3)
    assert "did you mean `prod`?" in refused(root, "wine", "1.0.0", "--to", "prd", code=3)
    assert "is automatic" in refused(root, "wine", "1.0.0", "--to", "staging", code=3)
    for path in (root / "environments").iterdir():
        path.unlink()
    assert "no environments" in refused(root, "wine", "1.0.0", "--to", "prod", code=3)


def test_a_tag_that_is_another_on_the_remote_is_a_conflict(root: Path) -> None:
    release(root)
    git(root, "tag", "-d", "wine/v1.0.0")
    tagged(root, "wine", published=True, toolchain={"python": "3.12"})
    assert "has moved the tag wine/v1.0.0" in refused(root, "wine", "1.0.0", "--to", "prod", code=8)


def test_a_release_that_only_this_clone_has_is_never_promoted(root: Path) -> None:
    tagged(root, "wine", published=False)
    said = refused(root, "wine", "1.0.0", "--to", "prod", code=6)
    assert said.startswith("wine/v1.0.0 was never published: only this clone has it")
    assert "modelspec apply --push" in said
    git(root, "tag", "-d", "wine/v1.0.0")
    tagged(root, "wine", published=True)
    assert "never published" in refused(root, "wine", "1.0.0", "--to", "prod", code=6)


def test_a_tag_that_is_no_release_is_told(root: Path) -> None:
    git(root, "tag", "-a", "-m", "words", "wine/v1.0.0")
    git(root, "push", "-q", "origin", "wine/v1.0.0")
    assert "is not a release of wine" in refused(root, "wine", "1.0.0", "--to", "prod", code=6)


def test_a_shallow_clone_without_tags_fetches_what_it_needs(root: Path, tmp_path: Path) -> None:
    release(root)
    remote = git(root, "remote", "get-url", "origin")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-tags", f"file://{remote}", str(shallow))
    assert promote(shallow, "wine", "1.0.0", "--to", "prod").exit_code == 0
    assert deployed(shallow) == [f"prod/wine/{file}" for file in FILES]
    assert git(shallow, "rev-parse", "--is-shallow-repository") == "true"
    git(shallow, "remote", "remove", "origin")
    assert "no remote" in refused(shallow, "wine", "1.0.0", "--to", "prod", code=6)


def test_without_a_remote_a_release_of_this_repository_is_promoted(root: Path) -> None:
    git(root, "remote", "remove", "origin")
    tagged(root, "wine", published=True)
    assert promote(root, "wine", "1.0.0", "--to", "prod").exit_code == 0


def test_an_image_is_copied_to_the_registry_of_the_environment_and_named_there(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with registry(tmp_path / "a") as source, registry(tmp_path / "b") as target:
        release(root, reference=image(source, "team/wine"))
        environment(root, "prod", f"namespace: ml-prod\nregistry: {target}/prod\n")
        said = promote(root, "wine", "1.0.0", "--to", "prod")
        assert "  image     3 of 3 blobs copied, 10,100 bytes\n" in said.output
        digest = image(source, "team/wine").partition("@")[2]
        assert f'image: "{target}/prod/wine@{digest}"' in serving(root)
        assert "up to date" in check(root)
        git(root, "checkout", "-q", ".")
        (root / "deploy" / "prod" / "wine" / "serving.yaml").unlink()
        environment(root, "prod", f"namespace: ml-prod\nregistry: {target}/prod\n")
        assert "  image     is there\n" in promote(root, "wine", "1.0.0", "--to", "prod").output


def serving(root: Path) -> str:
    return (root / "deploy" / "prod" / "wine" / "serving.yaml").read_text()


def test_an_image_that_its_registry_does_not_have_stops_the_promotion(
    root: Path, tmp_path: Path
) -> None:
    with registry(tmp_path) as source:
        digest = "sha256:" + "0" * 64
        release(root, reference=f"{source}/team/wine@{digest}")
        said = refused(root, "wine", "1.0.0", "--to", "prod", code=6)
        assert said.startswith(f"{source}/team/wine has no {digest}\n")


def test_a_registry_that_cannot_be_reached_stops_the_promotion(root: Path) -> None:
    release(root, reference=NOWHERE)
    assert "127.0.0.1:1 was lost" in refused(root, "wine", "1.0.0", "--to", "prod", code=6)


def test_an_image_that_was_never_pushed_cannot_be_in_a_registry(root: Path) -> None:
    release(root)
    environment(root, "prod", "registry: registry.example.com/prod\n")
    said = refused(root, "wine", "1.0.0", "--to", "prod", code=6)
    assert "was never pushed to a registry" in said


@pytest.mark.parametrize(
    "spoil",
    [
        lambda root: (root / "deploy/prod/wine/serving.yaml").write_text("mine\n"),
        lambda root: environment(root, "prod", "models: {wine: 1.x}\n"),
        lambda root: environment(
            root, "prod", "models: {wine: 1.0.0}\noverrides: {deploy: {replicas: {min: 99}}}\n"
        ),
    ],
    ids=["edited by hand", "broken environment", "override that does not fit"],
)
def test_nothing_is_written_and_nothing_copied_where_not_all_can_be(
    root: Path, spoil: Callable[[Path], None]
) -> None:
    release(root)
    assert promote(root, "wine", "1.0.0", "--to", "prod").exit_code == 0
    commit(root, "Promote")
    release(root, "1.0.1", NOWHERE)
    spoil(root)
    error = promote(root, "wine", "1.0.1", "--to", "prod").exception
    assert isinstance(error, ModelspecError)
    assert error.exit_code in (3, 6)
    assert "127.0.0.1:1" not in str(error)
    assert "1.0.1" not in (root / "environments" / "prod.yaml").read_text()
