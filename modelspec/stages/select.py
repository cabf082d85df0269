"""Which specs a command is about: by name, by path, by label or owner, or all there are."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from modelspec.diagnostics import Diagnostic, InputError, WorldError

if TYPE_CHECKING:
    from modelspec.spec.load import Head

FILE = "model.yaml"
SKIPPED = {"node_modules", "deploy", "build", "dist"}


@dataclass(frozen=True, slots=True)
class Selection:
    """What a user asked for.

    Attributes:
        words: names of models; from the current folder paths of specs, folders, and patterns of
            either; none: all there are.
        labels: of those all that have this: `key`, `key=value`, `key!=value`.
        owner: of those all that have this owner; empty: any.
    """

    words: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    owner: str = ""

    def __str__(self) -> str:
        """As a user writes it."""
        options = [word for label in self.labels for word in ("--label", label)]
        owner = ["--owner", self.owner] if self.owner else []
        return shlex.join([*self.words, *options, *owner])


ALL = Selection()


class NoSpecsError(WorldError):
    """A repository without any spec."""


def select(
    wanted: Selection,
    root: Path,
    paths: Container[str],
    specs: Sequence[str],
    read: Callable[[str], bytes],
) -> list[str]:
    """Paths of specs below `root`, for what a user asked for.

    Args:
        wanted: by the user.
        root: the folder that all paths are relative to.
        paths: every file there is: of the commit, or of the work tree.
        specs: those of them that are called `model.yaml`.
        read: gives the content of one.

    Raises:
        WorldError: a path that is not among `paths`.
        NoSpecsError: there is no spec at all.
        InputError: what no spec is or has, or a name that two of the selected have.
    """
    if not wanted.words and not specs:
        raise NoSpecsError(
            f"there is no {FILE} here: write one (modelspec init data.csv) and commit it"
        )
    heads = _Heads(read)
    found = (_by_word(word, root, paths, specs, heads) for word in wanted.words)
    chosen = list(dict.fromkeys(path for one in found for path in one))
    chosen = _having(wanted, chosen if wanted.words else list(specs), heads)
    _refuse_one_name_twice(chosen, heads)
    return chosen


def of_worktree(wanted: Selection, root: Path) -> list[str]:
    """Paths of the specs in a work tree, or below a folder of it. Raises as `select`."""
    files = WorktreeFiles(root)
    return select(wanted, root, files, worktree(root), lambda path: (root / path).read_bytes())


def names_of(wanted: Selection, root: Path) -> set[str]:
    """Names of the models of a work tree. Raises as `select`."""
    from modelspec.spec.load import name_of

    return {name_of((root / path).read_bytes()) or "" for path in of_worktree(wanted, root)}


class _Heads:
    """The first lines of specs, each read once."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._known: dict[str, Head | None] = {}

    def of(self, path: str) -> Head | None:
        """None if it cannot be read."""
        from modelspec.spec.load import head_of

        if path not in self._known:
            self._known[path] = head_of(self._read(path))
        return self._known[path]


def worktree(root: Path) -> list[str]:
    """Every `model.yaml` below a folder, but not in hidden or built ones or other repositories."""
    return [
        (folder / FILE).relative_to(root).as_posix() for folder, f in folders(root) if FILE in f
    ]


def folders(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Every folder in which specs are looked for, and its files; none of other repositories."""
    for folder, below, files in os.walk(root):
        if ".git" in (*below, *files) and Path(folder) != root:
            below.clear()
            files.clear()
        below[:] = sorted(f for f in below if not f.startswith(".") and f not in SKIPPED)
        yield Path(folder), files


class WorktreeFiles:
    """The files below a folder, asked one by one."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __contains__(self, path: object) -> bool:
        return (self._root / str(path)).is_file()


def committed_specs(paths: Sequence[str]) -> list[str]:
    """Those paths that are called `model.yaml`."""
    return sorted(path for path in paths if PurePosixPath(path).name == FILE and _searched(path))


def _searched(path: str) -> bool:
    """Whether specs are looked for in the folder of a path."""
    folders = PurePosixPath(path).parts[:-1]
    return not any(name.startswith(".") or name in SKIPPED for name in folders)


def _by_word(
    word: str, root: Path, paths: Container[str], specs: Sequence[str], heads: _Heads
) -> Sequence[str]:
    path = _inside(root, word)
    if path is None:
        raise WorldError(f"{word} is not inside {root}")
    if _is_file(word, path, paths, root):
        return [path]
    if any(character in word for character in "*?["):
        return _below(word, path, specs, root)
    named = [spec for spec in specs if (head := heads.of(spec)) and head.name == word]
    if len(named) == 1:
        return named
    if named:
        raise InputError(f"two specs are named {word}: {', '.join(named)}; give a path instead")
    if word.endswith((".yaml", ".yml")):
        raise WorldError(f"there is no file {word}")
    if "/" in word or word in (".", "..") or _matching(path, specs):
        return _below(word, path, specs, root)
    known = sorted({head.name for spec in specs if (head := heads.of(spec)) and head.name})
    raise InputError(f"no {FILE} has the name {word} ({_near(word, known)})")


def _inside(root: Path, word: str) -> str | None:
    """A path from the current folder as one from the root; None if it leads out of it."""
    try:
        return Path(word).resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return None


def _is_file(word: str, path: str, paths: Container[str], root: Path) -> bool:
    if path in paths:
        return True
    if (root / path).is_file():
        raise WorldError(f"{word} is not committed: git add it and commit, then try again")
    return False


def _below(word: str, path: str, specs: Sequence[str], root: Path) -> list[str]:
    found = _matching(path, specs)
    if found:
        return found
    folders = sorted({str(PurePosixPath(spec).parent) for spec in specs})
    if missing := [spec for spec in worktree(root) if spec not in specs]:
        uncommitted = _matching(path, missing)
        if uncommitted:
            raise WorldError(f"{uncommitted[0]} is not committed: git add it and commit")
    raise InputError(f"there is no {FILE} below {word} ({_near(path, folders)})")


def _matching(pattern: str, specs: Iterable[str]) -> list[str]:
    """Specs that a pattern is the path of, or of a folder above; `**` is any number of folders."""
    parts = () if pattern == "." else PurePosixPath(pattern).parts
    return [spec for spec in specs if _matches(parts, PurePosixPath(spec).parts)]


def _matches(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_matches(pattern[1:], parts[skip:]) for skip in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(pattern[1:], parts[1:])


def _having(wanted: Selection, paths: Sequence[str], heads: _Heads) -> list[str]:
    """Those of the paths that have the labels and the owner.

    What cannot be read has them: the command is going to say what is wrong with it.
    """
    tests = [(f"--label {label}", _label(label)) for label in wanted.labels]
    if wanted.owner:
        tests.append((f"--owner {wanted.owner}", lambda head: head.owner == wanted.owner))
    left = list(paths)
    for said, test in tests:
        kept = [path for path in left if (head := heads.of(path)) is None or test(head)]
        if not kept:
            read = [head for path in left if (head := heads.of(path))]
            raise InputError(Diagnostic(f"no model has {said}", hint=_there_are(said, read)))
        left = kept
    return left


def _label(text: str) -> Callable[[Head], bool]:
    key, unequal, value = text.partition("!=")
    if unequal:
        return lambda head: head.labels.get(key) != value
    key, equal, value = text.partition("=")
    if equal:
        return lambda head: head.labels.get(key) == value
    return lambda head: key in head.labels


def _there_are(option: str, heads: Sequence[Head]) -> str:
    """What could have been selected instead."""
    if option.startswith("--owner"):
        known = {head.owner for head in heads if head.owner}
    else:
        known = {f"{key}={value}" for head in heads for key, value in head.labels.items()}
    return _near(option.partition(" ")[2], sorted(known))


def _near(word: str, known: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(word, known, 1, cutoff=0.75)
    some = ", ".join(list(known)[:20]) + (", ..." if len(known) > 20 else "")
    return f"did you mean {near[0]}?" if near else f"there are: {some or 'none'}"


def _refuse_one_name_twice(chosen: Sequence[str], heads: _Heads) -> None:
    seen: dict[str, str] = {}
    for path in chosen if len(chosen) > 1 else ():
        head = heads.of(path)
        name = (head.name if head else "") or path
        if name in seen:
            raise InputError(f"two specs are named {name}: {seen[name]}, {path}")
        seen[name] = path
