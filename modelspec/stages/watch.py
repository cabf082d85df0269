"""Which files an answer can depend on: if none of them changes, the answer stays."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from modelspec.adapters import index, tool
from modelspec.adapters.git import Repository
from modelspec.adapters.git_files import git_files
from modelspec.plan.pins import lock_path
from modelspec.stages import select
from modelspec.stages.known import begin, below

# What people and commands put at the top of a repository, wherever its specs are.
_FOLDERS = ("deploy", "environments", "templates")
_FILES = ("modelspec.yaml",)


class Watch:
    """A look at a repository whose outcome may be kept. It begins before anything is read."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._since = begin(repository.root)

    def keep(self, question: index.Question, answer: index.Answer, sources: Iterable[str]) -> None:
        """Keep an answer until something changes that it can depend on.

        Args:
            question: the words that ask for it.
            answer: to be kept.
            sources: files that were read of the work tree or the commit, beyond specs, the files
                beside them and what stands at the top of a repository.
        """
        paths = (*sources, *self._paths())
        index.keep(str(self._repository.root), question, answer, paths, self._since)

    def _paths(self) -> Iterator[str]:
        root = self._repository.root
        yield from git_files(self._repository)
        for folder, files in select.folders(root):
            yield os.path.relpath(folder, root)
            if select.FILE in files:
                spec = os.path.relpath(folder / select.FILE, root)
                yield from (spec, lock_path(spec))
        for top in _FOLDERS:
            yield from below(root, top)
        yield from _FILES
        yield from map(str, tool.files())
