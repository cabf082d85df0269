"""Which templates hold: those of modelspec, and of a commit or a work tree what overrides them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.adapters import templates
from modelspec.adapters.files import replace_file
from modelspec.adapters.templates import FOLDER, SUFFIX, builtin
from modelspec.diagnostics import Diagnostic, InputError, Location, TemplateError, WorldError
from modelspec.spec.characters import decode

if TYPE_CHECKING:
    from modelspec.adapters.git import Repository, Tree
    from modelspec.render.overrides import Listed

Templates = Mapping[str, str]
"""Path to text: ours by their names, those of the repository below `templates/`."""

LARGEST = 256 * 1024


def of_worktree(root: Path) -> Templates:
    """The templates that hold for `render`, which reads the work tree alone.

    Raises:
        TemplateError: everything wrong with those of the repository.
    """
    return _checked(templates.own(root))


def of_commit(repository: Repository, tree: Tree) -> Templates:
    """The templates that hold for `apply`, which reads a commit.

    Raises:
        TemplateError: everything wrong with those of the repository.
        WorldError: if those of the work tree are others: what is rendered now would not be what
            `render --check` then asks for.
    """
    held = of_tree(repository, tree)
    changed = uncommitted(repository, tree.files)
    if changed:
        raise WorldError(
            Diagnostic(
                f"{', '.join(changed)} differs from the commit: a release is rendered with the "
                "templates of its commit",
                hint="commit it, or put it back; modelspec render tries it on what is released",
            )
        )
    return held


def of_tree(repository: Repository, tree: Tree) -> Templates:
    """The templates that hold in a commit, whatever the work tree has.

    Raises:
        TemplateError: everything wrong with those of the repository.
    """
    for path in (*tree.symlinks, *tree.submodules):
        if path == FOLDER or path.startswith(f"{FOLDER}/"):
            what = "a symbolic link" if path in tree.symlinks else "a submodule"
            raise templates.refused(path, what)
    return _checked(committed(repository, tree.files))


def committed(repository: Repository, files: Mapping[str, str]) -> dict[str, bytes]:
    """The templates of a commit that lie in its folder `templates/`, as they are."""
    paths = _paths(files)
    return dict(zip(paths, repository.blobs(files[path] for path in paths), strict=True))


def uncommitted(repository: Repository, files: Mapping[str, str]) -> list[str]:
    """Those of the commit and of the work tree that are not the same in both."""
    paths = sorted({*_paths(files), *templates.own(repository.root)})
    return repository.changed(paths) if paths else []


def texts(contents: Mapping[str, bytes]) -> Templates:
    """Templates of a repository beside ours.

    Raises:
        TemplateError: what is no text, or too much of it.
    """
    made = dict(builtin())
    problems: list[Diagnostic] = []
    for path, content in contents.items():
        if len(content) > LARGEST:
            message = f"the template is larger than {LARGEST // 1024} KiB ({len(content):,} bytes)"
            problems.append(Diagnostic(message, Location(path, 1, 1)))
            continue
        try:
            made[path] = decode(content, path)
        except InputError as error:
            problems += error.diagnostics
    if problems:
        raise TemplateError(*problems)
    return made


def _checked(contents: Mapping[str, bytes]) -> Templates:
    found = texts(contents)
    if contents:
        from modelspec.render.overrides import check

        check(found)
    return found


def _paths(files: Iterable[str]) -> list[str]:
    return sorted(p for p in files if p.startswith(f"{FOLDER}/") and p.endswith(SUFFIX))


def listing(root: Path) -> list[Listed]:
    """Every template that holds in a work tree. Raises as `of_worktree`."""
    from modelspec.render.overrides import listed

    return listed(of_worktree(root))


def show(name: str) -> str:
    """The text of a template that comes with modelspec.

    Raises:
        InputError: if none has this name.
    """
    from modelspec.render.engine import BUILTIN, near

    found = builtin().get(name.removeprefix(BUILTIN))
    if found is None:
        raise InputError(Diagnostic(f"there is no template {name}", hint=near(name, builtin())))
    return found


def copy(root: Path, name: str) -> Path:
    """Put a template that comes with modelspec where it can be edited; returns its path.

    Raises:
        InputError: if none has this name.
        WorldError: if there is one already, or the disk does not allow it.
    """
    from modelspec.render.engine import BUILTIN
    from modelspec.render.overrides import NOTE

    text = show(name)
    templates.own(root)  # refuses a folder that leads elsewhere
    path = root / FOLDER / name.removeprefix(BUILTIN)
    if path.exists():
        raise WorldError(f"{path.relative_to(root)} is there already: edit it, or remove it first")
    note = NOTE.format(name=name.removeprefix(BUILTIN))
    replace_file(path, (note + text).encode())
    return path
