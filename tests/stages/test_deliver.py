"""`apply --push` and automatic environments: one commit on the tip of the release branch."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from modelspec.adapters import commits
from modelspec.cli.app import app
from modelspec.stages.deliver import BRANCH
from tests.released import git, inside, tagged
from tests.stages.delivered import (
    HELD,
    UP_TO_DATE,
    apply,
    check,
    commit,
    failure,
    hand_over,
    line,
    pull,
    tip,
    two_models,
)
from tests.stages.deployed import environment


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone of a bare remote with two models, each with a published release."""
    return two_models(tmp_path)


def test_releases_of_head_go_to_the_tip_as_one_commit_and_the_clone_stays_as_it_is(
    root: Path, tmp_path: Path
) -> None:
    (root / "models" / "wine" / "notes.txt").write_text("mine")
    git(root, "add", ".")
    before = [git(root, *words) for words in (("status", "-s"), ("rev-parse", "HEAD"), ("branch",))]
    head = git(root, "rev-parse", "HEAD")
    said = apply(root).output
    assert "  promote   staging: diabetes 1.0.0\n  promote   staging: wine 1.0.0\n" in said
    after = [git(root, *words) for words in (("status", "-s"), ("rev-parse", "HEAD"), ("branch",))]
    assert after == before
    made = tip(root)
    assert f"  push      {made[:7]} to main\n" in said
    assert git(root, "rev-parse", f"{made}^") == head
    changed = git(root, "diff", "--name-only", head, made).splitlines()
    assert [path for path in changed if "diabetes" not in path] == [
        *HELD,
        "environments/staging.yaml",
    ]
    assert git(root, "show", "-s", "--format=%B", made).splitlines() == [
        "Promote 2 models to staging",
        "",
        "Promoted: diabetes 1.0.0 to staging (diabetes/v1.0.0)",
        "Promoted: wine 1.0.0 to staging (wine/v1.0.0)",
    ]
    assert git(root, "show", f"{made}:environments/staging.yaml").endswith(
        "# by machine\nmodels:\n  diabetes: 1.0.0\n  wine: 1.0.0"
    )
    assert UP_TO_DATE in check(root, tmp_path)
    assert "promote" not in apply(root).output
    assert tip(root) == made


def test_a_revert_of_a_spec_takes_automatic_environments_back(root: Path, tmp_path: Path) -> None:
    apply(root)
    pull(root)
    hand_over(root, "cellar", "1.0.1")
    said = apply(root).output
    assert "  promote   staging: wine 1.0.0 -> 1.0.1\n" in said
    assert "diabetes 1" not in said.partition("promote")[2]
    assert line(root) == "wine: 1.0.1"
    pull(root)
    git(root, "revert", "--no-edit", "HEAD~1")
    git(root, "push", "-q", "origin", "main")
    assert "staging: wine 1.0.1 -> 1.0.0" in apply(root).output
    assert line(root) == "wine: 1.0.0"
    assert UP_TO_DATE in check(root, tmp_path)


def test_a_model_that_is_removed_leaves_automatic_environments(root: Path, tmp_path: Path) -> None:
    apply(root)
    pull(root)
    shutil.rmtree(root / "models" / "diabetes")
    commit(root, "Remove diabetes")
    for words in (["wine"], ["--owner", "examples"]):
        assert "staging: diabetes no more" not in apply(root, *words).output
    assert line(root, "diabetes") == "diabetes: 1.0.0"
    assert "  promote   staging: diabetes no more\n" in apply(root).output
    assert git(root, "show", "-s", "--format=%B", tip(root)).splitlines() == [
        "Remove diabetes from staging",
        "",
        "Removed: diabetes from staging",
    ]
    assert line(root, "diabetes") == ""
    assert "deploy/staging/diabetes" not in git(root, "ls-tree", "-r", "--name-only", tip(root))
    assert UP_TO_DATE in check(root, tmp_path)


def test_a_model_whose_spec_has_another_file_name_stays(root: Path) -> None:
    old, new = "models/diabetes/model.yaml", "models/diabetes/sugar.yaml"
    git(root, "tag", "-d", "diabetes/v1.0.0")
    git(root, "push", "-q", "origin", ":diabetes/v1.0.0")
    made = tagged(root, "diabetes", version="1.0.0", published=True)
    git(root, "tag", "-d", "diabetes/v1.0.0")
    sources = {path.replace(old, new): blob for path, blob in made.sources.items()}
    tagged(root, "diabetes", version="1.0.0", published=True, sources=sources)
    git(root, "push", "-q", "origin", "diabetes/v1.0.0")
    git(root, "mv", old, new)
    commit(root, "Call the spec sugar")
    with inside(root):
        assert CliRunner().invoke(app, ["apply", "--push", new]).exit_code == 0
    assert line(root, "diabetes") == "diabetes: 1.0.0"
    assert apply(root).exit_code == 0
    assert (line(root), line(root, "diabetes")) == ("wine: 1.0.0", "diabetes: 1.0.0")


def test_a_pull_request_is_one_branch_that_is_made_anew_from_the_tip(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = itertools.count(1_700_000_000)
    monkeypatch.setattr(commits, "time", SimpleNamespace(time=lambda: next(seconds)))
    before = tip(root)
    said = apply(root, "--pull-request").output
    first = tip(root, BRANCH)
    assert f"  push      {first[:7]} to modelspec/promote\n" in said
    assert tip(root) == before
    assert UP_TO_DATE in check(root, tmp_path, BRANCH)
    apply(root, "--pull-request")
    assert tip(root, BRANCH) == first
    git(root, "commit", "-q", "--allow-empty", "-m", "More")
    git(root, "push", "-q", "origin", "main")
    apply(root, "--pull-request")
    second = tip(root, BRANCH)
    git(root, "fetch", "-q", "origin", BRANCH)
    assert git(root, "rev-parse", f"{second}^") == tip(root)
    git(root, "push", "-q", "origin", f"{second}:main")
    apply(root, "--pull-request")
    assert tip(root, BRANCH) == ""
    assert tip(root) == second


def test_a_release_branch_that_takes_no_pushes_is_told_with_the_way_out(root: Path) -> None:
    hook = Path(git(root, "remote", "get-url", "origin")) / "hooks" / "update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo protected; exit 1; }\n')
    hook.chmod(0o755)
    error = failure(apply(root))
    assert error.exit_code == 6
    assert "protected" in str(error)
    assert "apply --push --pull-request" in str(error)
    assert apply(root, "--pull-request").exit_code == 0


def test_a_file_of_the_branch_that_was_edited_by_hand_is_refused(root: Path) -> None:
    apply(root)
    pull(root)
    path = root / "deploy" / "staging" / "wine" / "serving.yaml"
    path.write_text(path.read_text().replace("maxUnavailable: 1", "maxUnavailable: 2"))
    made = commit(root, "Quick fix")
    error = failure(apply(root))
    assert error.exit_code == 6
    assert "-  maxUnavailable: 2" in str(error)
    assert tip(root) == made
    assert apply(root, "--force").exit_code == 0
    assert "maxUnavailable: 1" in git(root, "show", f"{tip(root)}:{HELD[2]}")


def test_whoever_is_not_configured_commits_as_modelspec(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("GIT_COMMITTER_EMAIL", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    apply(root)
    who = git(root, "show", "-s", "--format=%an %ae %cn %ce", tip(root))
    assert who == "modelspec modelspec@localhost modelspec modelspec@localhost"
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ada@example.org")
    pull(root)
    hand_over(root, "cellar", "1.0.1")
    apply(root)
    assert git(root, "show", "-s", "--format=%an %cn", tip(root)) == "Ada modelspec"


def test_overrides_of_an_environment_are_rendered_into_its_commit(
    root: Path, tmp_path: Path
) -> None:
    head = "namespace: ml-staging\npromote: automatic\n"
    overrides = (
        "overrides:\n  deploy: {replicas: {min: 3, max: 5}}\n"
        "  models: {wine: {deploy: {replicas: {min: 4}}}}\n"
    )
    environment(root, "staging", head + overrides)
    commit(root, "Fewer pods in staging")
    apply(root)
    assert check(root, tmp_path).endswith(f"{UP_TO_DATE}.\n")
    for model, least in {"wine": 4, "diabetes": 3}.items():
        text = git(root, "show", f"{tip(root)}:deploy/staging/{model}/serving.yaml")
        assert f"minReplicas: {least}\n  maxReplicas: 5" in text
    pull(root)
    path = root / "environments" / "staging.yaml"
    path.write_text(path.read_text().replace("min: 4", "min: 2"))
    commit(root, "Fewer still")  # a person may leave the rendering to the runner
    apply(root)
    text = git(root, "show", f"{tip(root)}:deploy/staging/wine/serving.yaml")
    assert "minReplicas: 2" in text
    assert check(root, tmp_path).endswith(f"{UP_TO_DATE}.\n")


def test_an_override_that_does_not_fit_a_release_stops_the_commit_at_its_place(root: Path) -> None:
    body = "namespace: ml-staging\npromote: automatic\n"
    environment(root, "staging", f"{body}overrides: {{deploy: {{replicas: {{min: 99}}}}}}\n")
    before = commit(root, "Too many")
    error = failure(apply(root))
    assert error.exit_code == 3
    assert "environments/staging.yaml:6:" in str(error)
    assert tip(root) == before


def test_without_a_push_the_work_tree_is_changed_and_nothing_committed(root: Path) -> None:
    before = tip(root)
    with inside(root):
        CliRunner().invoke(app, ["apply"])
    assert tip(root) == before
    assert "wine: 1.0.0" in (root / "environments" / "staging.yaml").read_text()
    assert git(root, "log", "-1", "--format=%s") == "Add environments"
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "Promote")
    shutil.rmtree(root / "models" / "diabetes")
    git(root, "commit", "-q", "-am", "Remove diabetes")
    with inside(root):
        done = CliRunner().invoke(app, ["apply"])
    assert "  remove    environments: staging.yaml\n" in done.output
    assert not (root / "deploy" / "staging" / "diabetes").exists()


def test_a_pull_request_without_a_push_is_refused(root: Path) -> None:
    with inside(root):
        done = CliRunner().invoke(app, ["apply", "--pull-request"])
    assert done.exit_code == 2
