"""Answers that hold for as long as every file that they depend on stays as it is.

An answer is kept in `.modelspec/index/` with the state of those files: inode, size and times, as
git keeps them in its own index. Nobody can set the time of a file's last change (ctime), so a
file whose state is the same holds the same bytes. All of it may be deleted at any time.

This is read before anything else is imported: `re` or `signal` alone would cost half of what a
bare interpreter costs. Hence text that `split` can take apart, and no `pathlib`.
"""

from __future__ import annotations

import os
import sys
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Question = Sequence[str]
    Answer = Sequence[tuple[str, ...]]

FOLDER = ".modelspec"
_FORMAT = b"modelspec index 2"
_ABSENT = "-"
_FRESH = "?"  # changed too shortly ago: whoever changes it again may leave it the same time


def idle(here: str, words: Sequence[str]) -> Question:
    """Are `plan` and `apply` of these words in this folder without work?

    The answer is the name and version of each release.
    """
    return ("idle", here, *words) if words else ("idle",)


RENDERED = ("rendered",)
"""Which folders of `deploy/` hold what they should?

The answer is each folder, and the spec of its model if that has to stay.
"""


def root_of(start: str) -> str | None:
    """The nearest folder above `start`, or itself, that holds a repository."""
    folder = start
    while not os.path.lexists(f"{folder}/.git"):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def answer(root: str, question: Question) -> Answer | None:
    """The answer that was kept; None if there is none, or if a file has changed since."""
    kept = read(root, question)
    if kept is None or any(changed(root, kept[1])):
        return None
    return kept[0]


def read(root: str, question: Question) -> tuple[Answer, list[str]] | None:
    """The answer that was kept, and what `changed` takes; None if there is none, or a damaged."""
    try:
        with open(_path(root, question), "rb") as file:
            content = file.read()
    except OSError:
        return None
    head, _, rest = content.partition(b"\n")
    if head != _head(rest):
        return None
    identity, lines, states = os.fsdecode(rest).split("\n\n")
    if identity != _identity(question):
        return None
    return [tuple(line.split("\t")) for line in lines.split("\n")], states.split("\n")


def changed(root: str, states: Iterable[str]) -> Iterator[str]:
    """Paths of the files whose state is not what it was."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for line in states:
            known, _, path = line.partition(" ")
            try:
                state = _state(os.lstat(path, dir_fd=folder))
            except OSError:
                state = _ABSENT
            if state != known:
                yield path
    finally:
        os.close(folder)


def clock(root: str) -> int:
    """The time that a file which is changed now gets, in nanoseconds; 0 if the disk says none."""
    folder = f"{root}/{FOLDER}"
    try:
        os.utime(folder)
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


def keep(root: str, question: Question, kept: Answer, paths: Iterable[str], since: int) -> None:
    """Keep an answer for as long as no file changes.

    A file that was changed since before the first of them was read counts as changed: of all
    others, whoever changes one from now on gives it another time than it has, however coarse
    times are on this disk. A full or read-only disk is no matter.

    Args:
        root: of the repository.
        question: what was asked.
        kept: words without tabs and line breaks.
        paths: of files and folders, from the root; there may be nothing at some.
        since: what `clock` said before the first of them was read.
    """
    states = []
    for path in dict.fromkeys(paths):
        try:
            found = os.lstat(os.path.join(root, path))
        except OSError:
            states.append(f"{_ABSENT} {path}")
            continue
        if "\n" in path:
            return
        states.append(f"{_FRESH if found.st_ctime_ns >= since else _state(found)} {path}")
    lines = "\n".join("\t".join(words) for words in kept)
    rest = os.fsencode("\n\n".join([_identity(question), lines, "\n".join(states)]))
    target = _path(root, question)
    temporary = f"{target}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(_head(rest) + b"\n" + rest)
        os.replace(temporary, target)
    except OSError:
        return


def _state(found: os.stat_result) -> str:
    return f"{found.st_ino}.{found.st_size}.{found.st_mtime_ns}.{found.st_ctime_ns}"


def _head(rest: bytes) -> bytes:
    return b"%s %08x" % (_FORMAT, zlib.crc32(rest))


def _identity(question: Question) -> str:
    """Who asked: another user may see other files, another Python or modelspec say other things."""
    return f"{os.getuid()} {sys.hexversion:x} {__file__} {list(question)!r}"


def _path(root: str, question: Question) -> str:
    return f"{root}/{FOLDER}/index/{zlib.crc32(repr(list(question)).encode()):08x}"
