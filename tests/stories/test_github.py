"""The shipped workflow, step by step as a runner executes it, against a remote that wants a token.

One push to main trains, publishes and promotes; pull requests start from there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelspec.adapters.engine import Engine
from tests.adapters.images.parts import missing, registry
from tests.adapters.images.test_push import ADA
from tests.github.remote import TOKEN, served
from tests.github.runner import Job
from tests.stories.project import SPEC, Project

USER, PASSWORD = "ada", "secret"
STAGING = """\
apiVersion: modelspec/v1
kind: Environment
metadata: {name: staging}
promote: automatic
"""
PROMOTE = "Promoted: ripe 1.0.0 to staging"


@dataclass
class Hub:
    """A repository on a server, and what its jobs need."""

    bare: Project
    bases: Path
    folder: Path
    registry: str

    @contextmanager
    def job(self, name: str, *, ref: str, sha: str, writes: bool) -> Iterator[Job]:
        """A job about an event, while the server answers."""
        folder = self.folder / f"job-{len(list(self.folder.glob('job-*')))}"
        event = {"name": name, "ref": ref, "repository": {"default_branch": "main"}}
        environment = {
            key: value
            for key, value in self.bare.environment.items()
            if not key.startswith(("GIT_AUTHOR", "GIT_COMMITTER", "GITHUB_"))
        }
        with served(self.bare.root.parents[1], writes=writes) as url:
            yield Job(folder, url, TOKEN, event, sha, environment, bases=self.bases)

    @contextmanager
    def push(self) -> Iterator[Job]:
        """The job of a push to main, with the secrets of the repository."""
        sha = self.bare.git("rev-parse", "main")
        with self.job("push", ref="refs/heads/main", sha=sha, writes=True) as job:
            job.secrets = {"registry-username": USER, "registry-password": PASSWORD}
            job.inputs = {"registry": self.registry}
            job.cache = self.folder / "cache"
            yield job

    @contextmanager
    def pull_request(self, change: Project) -> Iterator[Job]:
        """The job of a pull request of a fork: a token that reads, and no secret at all."""
        ref = "refs/pull/7/merge"
        change.git("push", "-q", "--force", str(self.bare.root), f"HEAD:{ref}")
        sha = change.git("rev-parse", "HEAD")
        with self.job("pull_request", ref=ref, sha=sha, writes=False) as job:
            yield job


@dataclass(frozen=True)
class First:
    """What came of the first push: a run without a login, and then one with it."""

    hub: Hub
    refused: Job
    tags: list[str]
    job: Job


@pytest.fixture(scope="module")
def first(
    written: Project, engine: Engine, bases: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[First]:
    """A repository after its first push."""
    if shutil.which("docker") is None:
        missing("docker")
    folder = tmp_path_factory.mktemp("github")
    (folder / "registry").mkdir()
    with registry(folder / "registry", ADA) as host:
        project = written.copy(folder / "here")
        project.write(".gitignore", "/.modelspec/\n")
        project.write(
            "modelspec.yaml", f"apiVersion: modelspec/v1\nkind: Project\nregistry: {host}/team\n"
        )
        project.write("environments/staging.yaml", STAGING)
        project.git("rm", "-q", "-r", "--cached", "--ignore-unmatch", ".modelspec")
        project.commit("Say where it runs")
        bare = Project(folder / "hub" / "owner" / "repository", project.environment)
        bare.root.mkdir(parents=True)
        bare.git("init", "-q", "--bare", "-b", "main")
        project.git("push", "-q", str(bare.root), "main")
        hub = Hub(bare, bases, folder, host)
        with hub.push() as refused:
            refused.inputs = {}
            assert refused.run("apply")
        tags = bare.tags()
        with hub.push() as job:
            assert job.run("apply")
        yield First(hub, refused, tags, job)
    for image in engine.client.images.list():
        for tag in image.tags:
            if tag.startswith(host):
                engine.client.images.remove(tag, force=True)


@pytest.fixture
def hub(first: First, tmp_path: Path) -> Hub:
    """A copy of the repository as the first push has left it."""
    there = first.hub
    root = tmp_path / "hub" / "owner" / "repository"
    shutil.copytree(there.bare.root, root)
    return Hub(Project(root, there.bare.environment), there.bases, tmp_path, there.registry)


@pytest.fixture
def change(hub: Hub, tmp_path: Path) -> Project:
    """A clone to make a pull request in."""
    made = Project(tmp_path / "fork", hub.bare.environment)
    made.root.mkdir()
    made.git("clone", "-q", str(hub.bare.root), ".")
    return made


def test_a_push_without_a_login_to_the_registry_publishes_nothing(first: First) -> None:
    assert first.refused.failed == ["Apply"]
    assert "Log in to the registry" not in [step.name for step in first.refused.steps]
    assert "::error title=modelspec::" in first.refused.log
    assert f"hint: docker login {first.hub.registry}" in first.refused.log
    assert re.search("^  train +.* epochs", first.refused.log, re.MULTILINE)
    assert first.tags == []


def test_the_next_run_goes_on_where_the_first_has_failed(first: First) -> None:
    assert not re.search("^  train ", first.job.log, re.MULTILINE)
    assert re.search("^  release +ripe/v1.0.0", first.job.log, re.MULTILINE)


def test_a_push_to_main_is_published_and_promoted(first: First) -> None:
    hub, job = first.hub, first.job
    assert job.failed == [], job.log
    assert hub.bare.tags() == ["ripe/v1.0.0"]
    record = hub.bare.record("ripe/v1.0.0")
    assert record["published"] is True
    assert record["image"]["reference"].startswith(f"{hub.registry}/team/ripe@sha256:")
    assert "ripe: 1.0.0" in hub.bare.git("show", "main:environments/staging.yaml")
    who = hub.bare.git("log", "-1", "--format=%an <%ae>", "main")
    assert who == "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>"
    assert PROMOTE in hub.bare.git("log", "-1", "--format=%B", "main")


def test_the_token_is_in_the_step_that_pushes_and_nowhere_on_disk(first: First) -> None:
    job = first.job
    knows = [step.name for step in job.steps if TOKEN in step.environment.values()]
    assert knows == ["Apply"]
    assert [s.name for s in job.steps if PASSWORD in s.environment.values()] == [
        "Log in to the registry"
    ]
    assert TOKEN not in job.log
    for path in (*job.workspace.rglob("*"), *job.temp.rglob("*")):
        if path.is_file() and not path.is_symlink():
            assert TOKEN.encode() not in path.read_bytes(), path


def test_the_next_push_finds_nothing_to_do(hub: Hub) -> None:
    before = hub.bare.git("for-each-ref")
    with hub.push() as job:
        assert job.run("apply")
    assert job.failed == [], job.log
    assert "1.0.0 is up to date" in job.log
    assert hub.bare.git("for-each-ref") == before


def test_a_pull_request_gets_its_plan_in_the_summary_and_changes_nothing(
    hub: Hub, change: Project
) -> None:
    change.edit(SPEC, "epochs: 3", "epochs: 4")
    change.commit("Train longer")
    with hub.pull_request(change) as job:
        before = hub.bare.git("for-each-ref")
        assert job.run("plan")
        assert job.failed == [], job.log
        assert hub.bare.git("for-each-ref") == before
    assert job.summary.startswith("### modelspec plan")
    assert "retrain" in job.summary
    assert "modelspec plan: no problems" in job.log
    here = Project(job.workspace, hub.bare.environment)
    assert here.git("status", "--short") == ""
    assert not any(TOKEN in step.environment.values() for step in job.steps)


def test_a_mistake_in_a_pull_request_is_told_at_its_line(hub: Hub, change: Project) -> None:
    change.edit(SPEC, "type: linear", "type: liner")
    change.commit("A slip")
    with hub.pull_request(change) as job:
        assert job.run("plan")
    assert job.failed == ["Validate"]
    assert "::error file=models/ripe/model.yaml,line=12,col=9,title=modelspec::" in job.log
    assert "did you mean" in job.summary


def test_a_rendered_file_that_was_edited_by_hand_fails_the_pull_request(
    hub: Hub, change: Project
) -> None:
    change.edit("deploy/staging/ripe/serving.yaml", "minReplicas: 2", "minReplicas: 9")
    change.git("commit", "-qam", "By hand")
    with hub.pull_request(change) as job:
        assert job.run("plan")
    assert job.failed == ["Check what was rendered"]
    assert "deploy/staging/ripe/serving.yaml is not what its release.lock renders to" in job.log


@pytest.mark.parametrize(
    ("event", "ref", "runs"),
    [
        ("push", "refs/heads/main", {"apply"}),
        ("push", "refs/heads/other", set()),
        ("push", "refs/tags/main", set()),
        ("pull_request", "refs/pull/7/merge", {"plan"}),
        ("pull_request_target", "refs/heads/main", set()),
        ("schedule", "refs/heads/main", set()),
    ],
)
def test_a_plan_is_for_pull_requests_and_apply_for_the_default_branch(
    event: str, ref: str, runs: set[str], tmp_path: Path
) -> None:
    job = Job(tmp_path, "", TOKEN, {"name": event, "ref": ref}, "", {})
    job.event["repository"] = {"default_branch": "main"}
    assert {name for name in ("plan", "apply") if job.wants(name)} == runs
