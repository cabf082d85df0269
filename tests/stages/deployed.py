"""A repository with a release and two environments, and what is rendered for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from modelspec.adapters.templates import builtin
from modelspec.adapters.trees import WorkTree
from modelspec.stages.change import Change, write
from modelspec.stages.promotion import promotion
from modelspec.stages.select import worktree
from modelspec.stages.templates import of_worktree
from modelspec.stages.tree import rendered
from tests import golden
from tests.released import released

FILES = ["monitoring.yaml", "release.lock", "serving.yaml"]


def two_environments(root: Path) -> Path:
    """A repository with a release, staging and prod, and nothing rendered for them."""
    made = released(root, "wine")
    environment(made, "staging", "promote: automatic\nnamespace: ml-staging\n")
    environment(made, "prod", "namespace: ml-prod\nmodels: {}  # by pull request\n")
    return made


def environment(root: Path, name: str, body: str) -> None:
    path = root / "environments" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    head = f"apiVersion: modelspec/v1\nkind: Environment\nmetadata: {{name: {name}}}\n"
    path.write_text(head + body)


def lock() -> dict[str, Any]:
    made: dict[str, Any] = json.loads((golden.EXAMPLES / "wine" / "release.lock").read_text())
    return made


def tree(root: Path) -> Change:
    return rendered(WorkTree(root), of_worktree(root), lambda: worktree(root)).change


def promote(root: Path, *names: str) -> list[str]:
    change = promotion(WorkTree(root), builtin(), {name: {"wine": lock()} for name in names})
    return [path.relative_to(root).as_posix() for path in write(root, change)]


def deployed(root: Path) -> list[str]:
    found = (path for path in root.glob("deploy/**/*") if path.is_file())
    return sorted(path.relative_to(root / "deploy").as_posix() for path in found)
