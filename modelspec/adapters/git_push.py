"""Refs of a remote created, moved and removed, each only while it is what it was."""

from __future__ import annotations

import re

from modelspec.adapters.git import Remote, Repository
from modelspec.adapters.git_process import SECONDS, write
from modelspec.adapters.git_remote import refs
from modelspec.diagnostics import WorldError

_REASON = re.compile(r"^!\t.*\t(.*)$", re.MULTILINE)
_KINDS = {"tags": "the tag", "heads": "the branch"}


class RefusedError(WorldError):
    """A ref that a remote does not let us write, and still has as it was."""


def push(
    repository: Repository,
    remote: Remote,
    ref: str,
    new: str,
    old: str = "",
    *,
    seconds: float = SECONDS,
) -> bool:
    """Write a ref of a remote, if it still names what it did; no ref here moves.

    Args:
        repository: to send from.
        remote: whose ref it is.
        ref: whole, such as `refs/heads/main`.
        new: full id of what it is to name; "" removes it.
        old: full id of what it names; "" if there is no such ref.
        seconds: the longest that git may talk to the remote, the user's hooks included.

    Returns:
        False if somebody else wrote it first.

    Raises:
        RefusedError: the remote does not take it.
        WorldError: the remote cannot be reached.
    """
    answer = write(
        repository.root,
        "push",
        "--porcelain",
        "--no-follow-tags",
        "--recurse-submodules=no",
        f"--force-with-lease={ref}:{old}",
        "--",
        remote.name,
        f"{new}:{ref}",
        seconds=seconds,
    )
    if answer.code == 0:
        return True
    _, kind, name = ref.split("/", 2)
    what = f"{_KINDS[kind]} {name}"
    # Whatever push said, what the remote has decides.
    try:
        there = refs(repository, remote, ref, seconds=seconds).get(ref, "")
    except WorldError as error:
        raise WorldError(
            f"whether {remote.name} took {what} is not known ({answer.complaint}); "
            "the same command again finds out"
        ) from error
    if there == new:
        return True
    if there != old:
        return False
    said = _REASON.findall(answer.output.decode("utf-8", "replace"))
    why = "; ".join([*said, answer.complaint])
    raise RefusedError(f"{remote.name} did not take {what}: {why}")
