"""What a git repository holds, read by its plumbing; nothing here writes or runs hooks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modelspec.adapters.git_process import Answer, read, refusal
from modelspec.diagnostics import Diagnostic, WorldError
from modelspec.plan.tags import Version, split_ref

_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_NAME = re.compile(r"[a-z0-9][-a-z0-9]*")
_TIME = re.compile(rb"^committer .*> ([0-9]+) [-+][0-9]+$", re.MULTILINE)
_TARGET = re.compile(rb"object ([0-9a-f]+)\ntype commit\n")
_BROKEN = re.compile(r"ignoring broken ref (\S+)")
_PATHS_AT_ONCE = 500  # the arguments of a process are limited


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its full id, and when it was committed in seconds since 1970."""

    oid: str
    time: int


@dataclass(frozen=True, slots=True)
class Tree:
    """Every path of a commit.

    Attributes:
        files: regular files, path to blob id.
        symlinks: path to the id of the blob that holds the target.
        submodules: path to the commit of the other repository.
    """

    files: dict[str, str] = field(default_factory=dict)
    symlinks: dict[str, str] = field(default_factory=dict)
    submodules: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tag:
    """A ref `refs/tags/<name>/v<version>`.

    Attributes:
        oid: of the tag object; of what the ref names if that is no tag object.
        commit: that the tag names; "" if it names something else.
        message: without the headers, with a signature if there is one; b"" if the tag is
            lightweight or its object cannot be read. Its number is taken nevertheless.
    """

    ref: str
    name: str
    version: Version
    oid: str
    commit: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Remote:
    """Where releases are published; which branch it releases from, only itself can say."""

    name: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree and the repository it belongs to. `root` is its uppermost folder."""

    root: Path

    @classmethod
    def open(cls, start: Path) -> Repository:
        """The repository that a folder is in.

        Raises:
            WorldError: not a repository, a bare one, one that git does not trust, or no git.
        """
        answer = read(start, "rev-parse", "--show-toplevel")
        if answer.code:
            raise refusal(start, answer)
        return cls(Path(os.fsdecode(answer.output.removesuffix(b"\n"))))

    def head(self) -> Commit:
        """The commit that is checked out.

        Raises:
            WorldError: if there is none yet.
        """
        return self._commit(
            "HEAD",
            "there are no commits yet: git add the spec and its data, then git commit",
        )

    def commit(self, oid: str) -> Commit:
        """A commit by its full id.

        Raises:
            WorldError: if this repository does not have it.
        """
        return self._commit(_checked(oid), f"commit {oid} is not in this repository")

    def named(self, revision: str) -> Commit:
        """A commit by any name that git knows: an id, a branch, a tag, `HEAD~1`.

        Raises:
            WorldError: if nothing has that name here.
        """
        wanted = ("--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        answer = read(self.root, "rev-parse", *wanted)
        if answer.code:
            hint = "git fetch, with more depth if this clone is shallow; or correct the name"
            raise WorldError(Diagnostic(f"there is no commit {revision} here", hint=hint))
        return self.commit(answer.output.decode("ascii").strip())

    def entries(self, commit: str) -> Tree:
        """Everything in a commit, regular files apart from symlinks and submodules.

        Raises:
            WorldError: if this repository does not have the commit.
        """
        listing = self._run("ls-tree", "-r", "-z", "--full-tree", _checked(commit)).output
        tree = Tree()
        for entry in listing.split(b"\0")[:-1]:
            head, _, path = entry.partition(b"\t")
            mode, _, oid = head.decode("ascii").split(" ")
            kind = {"120000": tree.symlinks, "160000": tree.submodules}.get(mode, tree.files)
            kind[os.fsdecode(path)] = oid
        return tree

    def tree(self, commit: str) -> dict[str, str]:
        """The regular files of a commit: path to blob id. Raises as `entries`."""
        return self.entries(commit).files

    def blobs(self, oids: Iterable[str]) -> list[bytes]:
        """The contents of blobs, in the order asked for.

        Raises:
            WorldError: if one is missing.
        """
        wanted = [_checked(oid) for oid in oids]
        found = list(self._objects(wanted))
        missing = [oid for oid, (_, kind, _) in zip(wanted, found, strict=True) if kind != "blob"]
        if missing:
            raise WorldError(
                f"file contents {', '.join(missing)} are not in this repository: git fsck"
            )
        return [content for _, _, content in found]

    def file_at(self, commit: str, path: str) -> bytes | None:
        """The content of a regular file in a commit; None if it has no such file.

        Raises:
            WorldError: if this repository does not have the commit.
        """
        oid = self.tree(commit).get(path)
        return None if oid is None else self.blobs([oid])[0]

    def changed(self, paths: Iterable[str]) -> list[str]:
        """Those of the paths whose content here or in the index is not that of HEAD.

        Untracked, ignored and deleted files count; line endings and other filters of the user
        do not, nor does the executable bit.
        """
        wanted = list(dict.fromkeys(paths))
        reported: set[str] = set()
        for start in range(0, len(wanted), _PATHS_AT_ONCE):
            lines = self._run(
                "status",
                "--porcelain=v1",
                "-z",
                "--no-renames",
                "--untracked-files=all",
                "--ignored",
                "--ignore-submodules=all",
                "--",
                *wanted[start : start + _PATHS_AT_ONCE],
            ).output
            reported |= {os.fsdecode(line[3:]) for line in lines.split(b"\0")[:-1]}
        return [path for path in wanted if path in reported]

    def tags(self, names: Iterable[str] | None = None) -> list[Tag]:
        """Every tag `<name>/v<version>` of these models, or of all; lowest version first.

        Raises:
            WorldError: if the file of a tag is damaged, as after a power cut.
        """
        prefixes = ["refs/tags/"] if names is None else [tag_prefix(name) for name in names]
        if not prefixes:
            return []
        listing = self._run("for-each-ref", "--format=%(objectname) %(refname)", *prefixes)
        _refuse_broken(listing.error)
        refs = [line.split(" ", 1) for line in os.fsdecode(listing.output).split("\n")[:-1]]
        found = [(oid, ref, named) for oid, ref in refs if (named := split_ref(ref))]
        objects = self._objects([oid for oid, _, _ in found])
        made = [
            _tag(ref, name, version, tagged)
            for (_, ref, (name, version)), tagged in zip(found, objects, strict=True)
        ]
        return sorted(made, key=lambda tag: (tag.name, tag.version))

    def is_shallow(self) -> bool:
        """Whether history was cut off when this repository was cloned."""
        return self._run("rev-parse", "--is-shallow-repository").output == b"true\n"

    def remote(self) -> Remote | None:
        """The remote `origin`, or the only one; None without any.

        Raises:
            WorldError: there are several, and none is called origin.
        """
        answer = read(
            self.root, "config", "-z", "--name-only", "--get-regexp", r"^remote\..+\.url$"
        )
        keys = os.fsdecode(answer.output).split("\0")[:-1]
        names = {key.removeprefix("remote.").removesuffix(".url") for key in keys}
        if "origin" in names:
            return Remote("origin")
        if len(names) > 1:
            raise WorldError(
                f"none of the remotes {', '.join(sorted(names))} is called origin: releases are "
                "published there, so name one of them so (git remote rename)"
            )
        return Remote(names.pop()) if names else None

    def _commit(self, revision: str, otherwise: str) -> Commit:
        ((oid, kind, content),) = self._objects([revision])
        if kind != "commit":
            raise WorldError(otherwise)
        time = _TIME.search(content)
        return Commit(oid, int(time[1]) if time else 0)

    def _objects(self, names: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
        """Id, type and content of objects by one process; type "missing" where there is none."""
        if not names:
            return
        output = self._run("cat-file", "--batch", feed="\n".join([*names, ""]).encode()).output
        position = 0
        for _ in names:
            end = output.index(b"\n", position)
            oid, kind, *size = output[position:end].decode("ascii").split(" ")
            position = end + 1
            content = b""
            if size:
                content = output[position : position + int(size[0])]
                position += len(content) + 1
            yield oid, kind, content

    def _run(self, *arguments: str, feed: bytes = b"") -> Answer:
        answer = read(self.root, *arguments, feed=feed)
        if answer.code:
            raise WorldError(f"git {arguments[0]}: {answer.complaint}")
        return answer


def tag_prefix(name: str) -> str:
    """The beginning of the refs of a model's tags.

    Raises:
        WorldError: if the name could mean anything but itself to git.
    """
    if not _NAME.fullmatch(name):
        raise WorldError(f"{name!r} cannot be the name of a model")
    return f"refs/tags/{name}/"


def _checked(oid: str) -> str:
    if not _OID.fullmatch(oid):
        raise WorldError(f"{oid!r} is not the id of an object in git")
    return oid


def _tag(ref: str, name: str, version: Version, tagged: tuple[str, str, bytes]) -> Tag:
    oid, kind, content = tagged
    target = _TARGET.match(content) if kind == "tag" else None
    if target:
        message = content.partition(b"\n\n")[2]
        return Tag(ref, name, version, oid, target[1].decode("ascii"), message)
    return Tag(ref, name, version, oid, oid if kind == "commit" else "", b"")


def _refuse_broken(said: str) -> None:
    broken = _BROKEN.findall(said)
    if broken:
        raise WorldError(
            *(
                f"the file of {ref} is damaged, as after a power cut: remove it with "
                f'`rm "$(git rev-parse --git-path {ref})"`, then fetch the tag or apply again'
                for ref in broken
            )
        )
