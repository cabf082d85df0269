"""What a remote has: its release branch, and what its refs name."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from modelspec.adapters.git import Remote, Repository
from modelspec.adapters.git_process import SECONDS, Answer, read, write
from modelspec.diagnostics import WorldError

_DEFAULT = re.compile(r"^ref: refs/heads/(\S+)\tHEAD$", re.MULTILINE)
_TIP = re.compile(r"^([0-9a-f]{40,64})\tHEAD$", re.MULTILINE)


def remote_tip(
    repository: Repository, remote: Remote, *, seconds: float = SECONDS
) -> tuple[str, str]:
    """The release branch of a remote, which is its default branch, and the commit at its tip.

    The commit is fetched, so that its files can be read; no ref here changes.

    Raises:
        WorldError: the remote cannot be reached, or has no default branch.
    """
    answer = write(
        repository.root, "ls-remote", "--symref", "--", remote.name, "HEAD", seconds=seconds
    )
    if answer.code:
        raise WorldError(f"{remote.name}: {answer.complaint}")
    said = answer.output.decode("utf-8", "replace")
    branch, tip = _DEFAULT.search(said), _TIP.search(said)
    if not branch or not tip:
        raise WorldError(
            f"the remote {remote.name} has no default branch: push one, and make its HEAD name it"
        )
    if read(repository.root, "cat-file", "-e", f"{tip[1]}^{{commit}}").code:
        answer = fetch(repository, remote, [tip[1]], [], seconds)
        if answer.code:
            raise WorldError(f"{remote.name}: {answer.complaint}")
    return branch[1], tip[1]


def is_ancestor(repository: Repository, commit: str, descendant: str) -> bool:
    """Whether one commit is the other, or lies in its history.

    Raises:
        WorldError: if one of them is not in this repository.
    """
    for oid in (commit, descendant):
        repository.commit(oid)
    return read(repository.root, "merge-base", "--is-ancestor", commit, descendant).code == 0


def has_passed(
    repository: Repository, remote: Remote, commit: str, tip: str, *, seconds: float = SECONDS
) -> bool:
    """Whether the branch of a remote is at a commit, or was there once.

    A shallow clone is cut at its tags too, and any of them may lie between the two: only where
    such a cut may be why the answer is no, the rest of the history is fetched.

    Args:
        repository: that has both commits.
        remote: to fetch from.
        commit: full id.
        tip: full id of the commit that the branch is at.
        seconds: the longest that fetching may take.

    Raises:
        WorldError: the remote cannot be reached.
    """
    if is_ancestor(repository, commit, tip):
        return True
    if not repository.is_shallow():
        return False
    answer = fetch(repository, remote, [tip], ["--unshallow"], seconds)
    if answer.code:
        raise WorldError(f"{remote.name}: {answer.complaint}")
    return is_ancestor(repository, commit, tip)


def refs(
    repository: Repository, remote: Remote, *names: str, seconds: float = SECONDS
) -> dict[str, str]:
    """Those of the refs that a remote has, and the ids that they name.

    Args:
        repository: that knows the remote.
        remote: to ask.
        names: whole, such as `refs/heads/main`; `*` stands for anything.
        seconds: the longest that it may take.

    Raises:
        WorldError: the remote cannot be reached.
    """
    answer = write(repository.root, "ls-remote", "--", remote.name, *names, seconds=seconds)
    if answer.code:
        raise WorldError(f"{remote.name}: {answer.complaint}")
    lines = (line.split("\t") for line in answer.output.decode("utf-8", "replace").splitlines())
    found = {ref: oid for oid, ref in lines}
    return {ref: oid for ref, oid in found.items() if any(fnmatchcase(ref, n) for n in names)}


def fetch(
    repository: Repository, remote: Remote, refspecs: list[str], depth: list[str], seconds: float
) -> Answer:
    """Fetch exactly what is asked for: a user's setting to prune would delete unpublished tags.

    Args:
        repository: to fetch into.
        remote: to fetch from.
        refspecs: what to fetch, each `<theirs>` or `<theirs>:<ours>`.
        depth: as `depth_here` has it; none leaves history as deep as it is.
        seconds: the longest that it may take.
    """
    fixed = ["--no-tags", "--no-prune", "--no-prune-tags", "--no-write-fetch-head"]
    fixed += ["--no-recurse-submodules", "--no-auto-maintenance", *depth]
    # The remote has them: no need to wait for the disk after each of a thousand refs.
    settings = ["-c", "core.fsync=", "-c", "fetch.output=full"]
    arguments = [*settings, "fetch", *fixed, "--", remote.name, *refspecs]
    return write(repository.root, *arguments, seconds=seconds)


def depth_here(repository: Repository) -> list[str]:
    """Cut history where it is cut already: `--depth` would make a full clone shallow."""
    if not repository.is_shallow():
        return []
    count = read(repository.root, "rev-list", "--count", "HEAD").output
    return [f"--depth={int(count)}"]
