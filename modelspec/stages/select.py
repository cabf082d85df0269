"""Which specs a command is about: by name, by path, or all there are."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Container, Sequence
from pathlib import Path, PurePosixPath

from modelspec.diagnostics import InputError, WorldError

FILE = "model.yaml"
SKIPPED = {"node_modules", "deploy", "build", "dist"}


def select(
    words: Sequence[str],
    root: Path,
    paths: Container[str],
    specs: Sequence[str],
    read: Callable[[str], bytes],
) -> list[str]:
    """Paths of specs below `root`, for names and paths given by the user.

    Args:
        words: names of models, or paths of specs from the current folder; none: all `specs`.
        root: the folder that all paths are relative to.
        paths: every file there is: of the commit, or of the work tree.
        specs: those of them that are called `model.yaml`.
        read: gives the content of one.

    Raises:
        WorldError: a path that is not among `paths`, or no spec at all.
        InputError: a name that no spec has, or that two of the selected have.
    """
    if not words and not specs:
        raise WorldError(
            f"there is no {FILE} here: write one (modelspec init data.csv) and commit it"
        )
    from modelspec.spec.load import name_of

    names: dict[str, list[str]] = {}
    if any(_is_name(word, root) for word in words):
        for path in specs:
            names.setdefault(name_of(read(path)) or "", []).append(path)
    chosen = [
        _by_name(word, names) if _is_name(word, root) else _by_path(word, root, paths)
        for word in words
    ]
    unique = list(dict.fromkeys(chosen)) if words else list(specs)
    _refuse_one_name_twice(unique, read)
    return unique


def worktree(root: Path) -> list[str]:
    """Every `model.yaml` below a folder, but not in hidden or built ones or other repositories."""
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        if ".git" in (*folders, *files) and Path(folder) != root:
            folders.clear()
            continue
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED)
        if FILE in files:
            found.append(Path(folder, FILE).relative_to(root).as_posix())
    return found


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


def _is_name(word: str, root: Path) -> bool:
    if "/" in word or word.endswith((".yaml", ".yml")):
        return False
    return _inside(root, word) is None or not Path(word).is_file()


def _inside(root: Path, word: str) -> str | None:
    try:
        return Path(word).resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return None


def _by_path(word: str, root: Path, paths: Container[str]) -> str:
    path = _inside(root, word)
    if path is None:
        raise WorldError(f"{word} is not inside {root}")
    if path in paths:
        return path
    if (root / path).is_file():
        raise WorldError(f"{word} is not committed: git add it and commit, then try again")
    raise WorldError(f"there is no file {word}")


def _by_name(word: str, names: dict[str, list[str]]) -> str:
    found = names.get(word, [])
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"two specs are named {word}: {', '.join(found)}; give a path instead")
    known = sorted(name for name in names if name)
    near = difflib.get_close_matches(word, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known) or 'none'}"
    raise InputError(f"no {FILE} has the name {word} ({hint})")


def _refuse_one_name_twice(chosen: Sequence[str], read: Callable[[str], bytes]) -> None:
    from modelspec.spec.load import name_of

    seen: dict[str, str] = {}
    for path in chosen if len(chosen) > 1 else ():
        name = name_of(read(path)) or path
        if name in seen:
            raise InputError(f"two specs are named {name}: {seen[name]}, {path}")
        seen[name] = path
