"""Commits made beside the work tree: HEAD, index and files of the user stay."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from modelspec.adapters.git import Remote, Repository
from modelspec.adapters.git_process import SECONDS, Answer, identity, read, write
from modelspec.adapters.git_remote import depth_here, fetch
from modelspec.diagnostics import WorldError


def tree_with(repository: Repository, parent: str, files: Mapping[str, bytes | None]) -> str:
    """Write the tree of a commit with other contents of some files; returns its id.

    Args:
        repository: to write to.
        parent: full id of the commit.
        files: path to content, None to remove it.

    Raises:
        WorldError: git does not allow it.
    """
    gone = "0" * len(parent)
    kept = {path: content for path, content in files.items() if content is not None}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def run(*arguments: str, feed: str = "") -> str:
            made = write(repository.root, *arguments, feed=feed.encode(), index=folder / "index")
            return _output(made)

        run("read-tree", parent)
        for number, content in enumerate(kept.values()):
            (folder / str(number)).write_bytes(content)
        paths = "".join(f"{folder / str(number)}\n" for number in range(len(kept)))
        blobs = run("hash-object", "-w", "--no-filters", "--stdin-paths", feed=paths).split()
        oids = dict(zip(kept, blobs, strict=True))
        modes = {path: "100644" if path in kept else "0" for path in files}
        lines = (f"{modes[path]} {oids.get(path, gone)}\t{path}\0" for path in files)
        run("update-index", "-z", "--index-info", feed="".join(lines))
        return run("write-tree")


def commit(
    repository: Repository, parent: str, tree: str, message: str, now: int | None = None
) -> str:
    """Write a commit that no ref names yet; returns its id.

    Args:
        repository: to write to.
        parent: full id of the commit that it follows.
        tree: full id of its files.
        message: of the commit.
        now: its time in seconds since 1970; the clock's if left out.

    Raises:
        WorldError: git does not allow it.
    """
    moment = int(time.time()) if now is None else now
    author, committer = (identity(repository.root, role) for role in ("AUTHOR", "COMMITTER"))
    head = f"tree {tree}\nparent {parent}\n".encode()
    head += b"author %s %d +0000\n" % (author, moment)
    head += b"committer %s %d +0000\n\n" % (committer, moment)
    what = ("hash-object", "-w", "-t", "commit", "--stdin")
    return _output(write(repository.root, *what, feed=head + message.encode()))


def follows(repository: Repository, remote: Remote, oid: str, parent: str, tree: str) -> bool:
    """Whether a commit of a remote has this one parent and these files.

    Raises:
        WorldError: the remote cannot be reached.
    """
    wanted = f"{tree} {parent}\n".encode()
    if read(repository.root, "cat-file", "-e", oid).code:
        answer = fetch(repository, remote, [oid], depth_here(repository), SECONDS)
        if answer.code:
            raise WorldError(f"{remote.name}: {answer.complaint}")
    said = read(repository.root, "show", "--no-patch", "--no-show-signature", "--format=%T %P", oid)
    return said.output == wanted


def _output(answer: Answer) -> str:
    if answer.code:
        raise WorldError(f"git cannot write a commit: {answer.complaint}")
    return answer.output.decode("ascii").strip()
