"""Every kind of file that people write, checked as it stands in the work tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from modelspec.adapters.templates import FOLDER as TEMPLATES
from modelspec.adapters.templates import SUFFIX
from modelspec.adapters.trees import WorkTree
from modelspec.diagnostics import Diagnostic, InputError
from modelspec.spec.default import FOLDER
from modelspec.spec.environment import load_environment
from modelspec.spec.load import name_of
from modelspec.spec.project import FILE, load_project
from modelspec.spec.scalar import show
from modelspec.spec.suggest import did_you_mean
from modelspec.stages import lock, select
from modelspec.stages.environments import environments
from modelspec.stages.rehearse import Checked, rehearsed
from modelspec.stages.select import ALL, Selection


def validated(here: Path, wanted: Selection) -> Iterator[Checked]:
    """Check files below a folder: specs, the project, environments, templates.

    Args:
        here: the folder, the top of a repository for all but specs.
        wanted: which; all there are only without labels and owners, which only specs have.

    Raises:
        InputError: a name that no spec has, or that two have.
        WorldError: a path that is not there, or no file at all.
    """
    paths = {word: _path(here, word) for word in wanted.words}
    others = [path for path in paths.values() if _is_other(path)]
    specs = [word for word, path in paths.items() if not _is_other(path)]
    found = select.worktree(here)
    if wanted == ALL:
        others = [FILE] if (here / FILE).is_file() else []
        others += sorted(p.relative_to(here).as_posix() for p in here.glob(f"{FOLDER}/*.y*ml"))
    if specs or not others or (found and wanted == ALL):
        chosen = select.of_worktree(replace(wanted, words=tuple(specs)), here)
        yield from (_spec(here, path) for path in chosen)
    if FILE in others:
        yield _checked(FILE, lambda: load_project((here / FILE).read_bytes(), FILE))
    named = [path for path in others if fnmatchcase(path, f"{FOLDER}/*")]
    if named:
        yield from _environments(here, named, found)
    texts = [path for path in others if fnmatchcase(path, f"{TEMPLATES}/*")]
    if wanted == ALL or texts:
        yield from rehearsed(here, found, texts)


def _path(here: Path, word: str) -> str:
    path = Path(word).resolve()
    return (
        path.relative_to(here.resolve()).as_posix()
        if path.is_file() and path.is_relative_to(here.resolve())
        else ""
    )


def _is_other(path: str) -> bool:
    patterns = (FILE, f"{FOLDER}/*.y*ml", f"{TEMPLATES}/*{SUFFIX}")
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _checked(path: str, check: Callable[[], object]) -> Checked:
    try:
        check()
    except InputError as error:
        return Checked(path, error.diagnostics)
    return Checked(path)


def _spec(here: Path, path: str) -> Checked:
    try:
        return Checked(path, (), lock.read(here, path)[0].warnings)
    except InputError as error:
        return Checked(path, error.diagnostics)


def _environments(here: Path, paths: Sequence[str], specs: Sequence[str]) -> Iterator[Checked]:
    """All environments are read, because they are checked against one another too."""
    files = WorkTree(here)
    together = _checked("", lambda: environments(files)).problems
    names = {name for path in specs if (name := name_of((here / path).read_bytes()))}
    for path in paths:
        own = [d for d in together if d.location and d.location.file == path]
        yield Checked(path, tuple(own) or tuple(_strangers(files.read(path) or b"", path, names)))


def _strangers(content: bytes, path: str, names: set[str]) -> Iterator[Diagnostic]:
    """Overrides of models that an automatic environment will never run: there is no such spec."""
    loaded = load_environment(content, path)
    environment = loaded.environment
    for name in environment.overrides.models:
        if environment.is_automatic and name not in {*environment.models, *names}:
            message = f"there is no model {show(name)}, so this override changes nothing"
            at = ("overrides", "models", name)
            yield loaded.diagnostic(message, at, did_you_mean(name, sorted(names)))
