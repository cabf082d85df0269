"""Release tags written and published: the object first, the ref last, nothing ever moved."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from modelspec.adapters.git import Remote, Repository, Tag, tag_prefix
from modelspec.adapters.git_process import SECONDS, identity, write
from modelspec.adapters.git_push import RefusedError, push
from modelspec.adapters.git_remote import depth_here, fetch, refs
from modelspec.diagnostics import Conflict, WorldError
from modelspec.plan.tags import parse, split_ref

_LOCKED = re.compile(r"Unable to create '(.*\.lock)': File exists")
_IN_THE_WAY = re.compile(r"'(refs/tags/[^']+)' exists; cannot create")
_LOST_A_RACE = re.compile(r"reference already exists|is at [0-9a-f]+ but expected")
_LOST_A_PUSH = re.compile(
    r"stale info|already exists|cannot lock ref|failed to update ref|incorrect old value"
)
_REFUSED = re.compile(r"^ ! \[.*?\] +\S+ +-> +(\S+) +\((.*)\)$", re.MULTILINE)


def create_local(
    repository: Repository, ref: str, commit: str, message: bytes, now: int | None = None
) -> str:
    """Create a tag in this repository only. The ref appears in one instant, at the very end.

    Args:
        repository: to write to.
        ref: `refs/tags/<name>/v<version>`.
        commit: full id of the commit that the tag names.
        message: kept byte for byte.
        now: time of tagging in seconds since 1970; the clock's if left out.

    Returns:
        The id of the tag object; of the one that is there if it says the same.

    Raises:
        Conflict: the tag exists with other content; it is left as it is.
        WorldError: git does not allow it; says what to do.
    """
    present = _local(repository, ref)
    if present:
        if _says(present, commit, message):
            return present.oid
        raise Conflict(f"the tag {_short(ref)} exists with other content: {present.oid}")
    oid = _make(repository, ref, commit, message, now)
    _point(repository, ref, oid, "")
    return oid


def publish(
    repository: Repository,
    remote: Remote,
    ref: str,
    commit: str,
    message: bytes,
    *,
    now: int | None = None,
    seconds: float = SECONDS,
) -> str:
    """Create a tag on the remote, where it must not exist, and then in this repository.

    An unpublished tag of that name here gives way; nothing here changes if the remote refuses.

    Args:
        repository: to send from.
        remote: whose ref is the commit point.
        ref: `refs/tags/<name>/v<version>`.
        commit: full id of the commit that the tag names.
        message: kept byte for byte.
        now: time of tagging in seconds since 1970; the clock's if left out.
        seconds: the longest that git may talk to the remote, the user's hooks included.

    Returns:
        The id of the tag object.

    Raises:
        Conflict: the remote, or a published tag here, has other content under that name.
        WorldError: git or the remote does not allow it, or did not answer in time.
    """
    present = _local(repository, ref)
    if present and _says(present, commit, message):
        _send(repository, remote, ref, present.oid, seconds)
        return present.oid
    if present and not _is_draft(present):
        raise Conflict(f"the tag {_short(ref)} exists with other content: {present.oid}")
    oid = _make(repository, ref, commit, message, now)
    _send(repository, remote, ref, oid, seconds)
    _point(repository, ref, oid, present.oid if present else "")
    return oid


def fetch_tags(
    repository: Repository, remote: Remote, names: Iterable[str], *, seconds: float = SECONDS
) -> None:
    """Bring the release tags of models here, all in one call.

    A tag here that is not published gives way to a release of the remote with its number.

    Raises:
        Conflict: a published tag was moved on the remote; names each.
        WorldError: the remote cannot be reached, or git does not allow it.
    """
    names = list(names)
    prefixes = [f"{prefix}v*" for prefix in map(tag_prefix, names)]
    wanted = [f"{prefix}:{prefix}" for prefix in prefixes]
    if not wanted:
        return
    depth = depth_here(repository)
    answer = fetch(repository, remote, wanted, depth, seconds)
    if answer.code == 0:
        return
    refused = _REFUSED.findall(answer.error)
    clashes = {f"refs/tags/{tag}" for tag, why in refused if why == "would clobber existing tag"}
    # With a depth git says nothing and fails, where without one it says nothing and succeeds.
    if depth and not refused and not refs(repository, remote, *prefixes, seconds=seconds):
        return
    if not clashes or len(clashes) < len(refused):
        raise WorldError(f"{remote.name}: {answer.complaint}")
    here = {tag.ref: tag for tag in repository.tags(names)}
    moved = [ref for ref in sorted(clashes & here.keys()) if not _is_draft(here[ref])]
    if moved:
        raise Conflict(*(_moved(remote, here[ref]) for ref in moved))
    drafts = [f"+{ref}:{ref}" for ref in sorted(clashes & here.keys())]
    if drafts:
        answer = fetch(repository, remote, drafts, depth, seconds)
        if answer.code:
            raise WorldError(f"{remote.name}: {answer.complaint}")


def _local(repository: Repository, ref: str) -> Tag | None:
    named = split_ref(ref)
    if named is None:
        raise WorldError(f"{ref!r} does not name a release")
    return next((tag for tag in repository.tags([named[0]]) if tag.ref == ref), None)


def _short(ref: str) -> str:
    return ref.removeprefix("refs/tags/")


def _moved(remote: Remote, tag: Tag) -> str:
    return (
        f"{remote.name} has moved the tag {_short(tag.ref)}, which is written once: it was "
        f"{tag.oid} here. Find out who moved it; to accept it: git tag -d {_short(tag.ref)}"
    )


def _says(tag: Tag, commit: str, message: bytes) -> bool:
    return (tag.commit, tag.message) == (commit, message)


def _is_draft(tag: Tag) -> bool:
    """Whether a tag was made without the remote, so that nothing builds on it."""
    return (parse(tag.message) or {}).get("published") is False


def _make(repository: Repository, ref: str, commit: str, message: bytes, now: int | None) -> str:
    """Write a tag object. No ref names it yet."""
    repository.commit(commit)
    name = identity(repository.root, "COMMITTER")
    moment = int(time.time()) if now is None else now
    head = f"object {commit}\ntype commit\ntag {_short(ref)}\n".encode()
    text = head + b"tagger %s %d +0000\n\n" % (name, moment) + message
    answer = write(repository.root, "mktag", feed=text)
    if answer.code:
        raise WorldError(f"git refuses the object of the tag {_short(ref)}: {answer.complaint}")
    return answer.output.decode("ascii").strip()


def _point(repository: Repository, ref: str, oid: str, old: str) -> None:
    """Create or replace a ref, if it still is what it was; `old` is "" for none."""
    answer = write(repository.root, "update-ref", ref, oid, old or "0" * len(oid))
    if answer.code == 0:
        return
    if _LOST_A_RACE.search(answer.error):
        present = _local(repository, ref)
        if present and present.oid == oid:  # push does it where a remote's tags are tracked
            return
        raise Conflict(f"the tag {_short(ref)} was taken meanwhile")
    if lock := _LOCKED.search(answer.error):
        raise WorldError(
            f"{lock[1]} is in the way of the tag {_short(ref)}: another git is writing it, or one "
            "was killed. If no git is running, remove that file and apply again"
        )
    if other := _IN_THE_WAY.search(answer.error):
        raise WorldError(
            f"{other[1]} is in the way of the tag {_short(ref)}: git keeps no ref below another. "
            f"Rename it, then delete it: git tag -d -- {_short(other[1])}"
        )
    raise WorldError(f"git cannot create the tag {_short(ref)}: {answer.complaint}")


def _send(repository: Repository, remote: Remote, ref: str, oid: str, seconds: float) -> None:
    try:
        taken = push(repository, remote, ref, oid, seconds=seconds)
    except RefusedError as error:
        if _LOST_A_PUSH.search(str(error)):
            raise Conflict(f"somebody else is writing {_short(ref)}: {error}") from error
        raise
    if not taken:
        raise Conflict(f"{remote.name} has another release under {_short(ref)}")
