"""The files in which git keeps what HEAD, the tags, the index and the settings are."""

from __future__ import annotations

import os
from collections.abc import Iterator

from modelspec.adapters.git import Repository
from modelspec.adapters.git_process import read

_KEPT = ("HEAD", "index", "packed-refs", "config", "config.worktree", "shallow")


def git_files(repository: Repository) -> Iterator[str]:
    """Paths of files and folders that change whenever a commit, tag or setting does.

    Also of those that could come to be. Refs are replaced by a rename, so that their folder
    changes with them.
    """
    if (repository.root / ".git").is_file():  # one of several work trees
        yield ".git"
    branch = os.fsdecode(read(repository.root, "symbolic-ref", "--quiet", "HEAD").output).strip()
    names = (*_KEPT, *([branch] if branch else []), "refs/tags")
    wanted = [word for name in names for word in ("--git-path", name)]
    paths = os.fsdecode(read(repository.root, "rev-parse", *wanted).output).splitlines()
    yield from paths
    for folder, _, _ in os.walk(repository.root / paths[-1]):
        yield os.path.relpath(folder, repository.root)
