"""A clone of a bare remote whose environment staging is automatic; nothing has to be trained."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from typer.testing import CliRunner, Result

from modelspec.cli.app import app
from modelspec.diagnostics import ModelspecError
from tests import golden
from tests.released import committed, git, inside, tagged
from tests.stages.deployed import FILES, environment

HELD = [f"deploy/staging/wine/{file}" for file in FILES]


def two_models(folder: Path) -> Path:
    """A clone of a bare remote with two models, each with a published release."""
    there = folder / "remote.git"
    git(folder, "init", "-q", "--bare", "-b", "main", str(there))
    made = committed(folder / "here", "wine")
    add_model(made, "diabetes")
    environment(made, "staging", "namespace: ml-staging\npromote: automatic\n# by machine\n")
    environment(made, "prod", "namespace: ml-prod\n")
    git(made, "remote", "add", "origin", str(there))
    commit(made, "Add environments")
    release(made, "wine", "1.0.0")
    release(made, "diabetes", "1.0.0")
    return made


def add_model(root: Path, name: str) -> None:
    folder = root / "models" / name
    folder.mkdir(parents=True)
    for path in (golden.EXAMPLES / name).iterdir():
        if path.suffix in (".csv", ".yaml"):
            shutil.copy(path, folder)


def commit(root: Path, subject: str) -> str:
    """Commit everything, and push it."""
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", subject)
    git(root, "push", "-q", "origin", "HEAD:main")
    return git(root, "rev-parse", "HEAD")


def release(root: Path, name: str, version: str) -> None:
    tagged(root, name, version=version, published=True)
    git(root, "push", "-q", "origin", f"{name}/v{version}")


def apply(root: Path, *words: str) -> Result:
    with inside(root):
        return CliRunner().invoke(app, ["apply", "--push", *words])


def failure(done: Result) -> ModelspecError:
    assert isinstance(done.exception, ModelspecError), (done.output, done.exception)
    return done.exception


def tip(root: Path, branch: str = "main") -> str:
    return git(root, "ls-remote", "origin", f"refs/heads/{branch}").partition("\t")[0]


def line(root: Path, model: str = "wine", branch: str = "main") -> str:
    """The version line of a model in staging on the remote, "" if there is none."""
    git(root, "fetch", "-q", "origin", branch)
    text = git(root, "show", "FETCH_HEAD:environments/staging.yaml")
    return next((one.strip() for one in text.splitlines() if one.startswith(f"  {model}:")), "")


def check(root: Path, tmp_path: Path, branch: str = "main") -> str:
    """What `render --check` says about a fresh clone."""
    clone = tmp_path / f"check-{len(list(tmp_path.iterdir()))}"
    remote = git(root, "remote", "get-url", "origin")
    words = ("--depth=1", "--no-tags", "--branch", branch, f"file://{remote}")
    git(tmp_path, "clone", "-q", *words, str(clone))
    with inside(clone):
        done = CliRunner().invoke(app, ["render", "--check"])
    return done.output or str(done.exception)


UP_TO_DATE = "all files are up to date"


def hand_over(root: Path, owner: str, version: str) -> str:
    """Commit another owner of wine, and release that; returns the commit."""
    spec = root / "models" / "wine" / "model.yaml"
    spec.write_text(re.sub("owner: .*", f"owner: {owner}", spec.read_text()))
    made = commit(root, f"Hand wine over to {owner}")
    release(root, "wine", version)
    return made


def pull(root: Path) -> None:
    git(root, "pull", "-q", "origin", "main")
