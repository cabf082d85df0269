"""All of `deploy/`, from the tree alone: its environments, its locks, the templates."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, cast

from modelspec.adapters.trees import Files
from modelspec.adapters.workers import spread
from modelspec.diagnostics import Diagnostic, InputError, Location
from modelspec.plan.digest import git_blob
from modelspec.plan.lock import Held, parse
from modelspec.spec.default import DEFAULT, LoadedEnvironment
from modelspec.spec.places import Path
from modelspec.stages import deploy
from modelspec.stages.change import Change, together
from modelspec.stages.environments import environments
from modelspec.stages.known import Folders
from modelspec.stages.templates import Templates

Lock = Mapping[str, Any]
Specs = Callable[[], Sequence[str]]
Names = Callable[[], set[str]]

_ELSEWHERE = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in one folder of `deploy/`, or in several.

    Attributes:
        change: what has to be written for it to be as it should.
        problems: what is wrong with it.
        right: folders that are as they should be, each with the files that decide it; without
            those that depend on more.
    """

    change: Change = field(default_factory=Change)
    problems: Sequence[Diagnostic] = ()
    right: Folders = field(default_factory=dict)


def rendered(
    files: Files,
    templates: Templates,
    specs: Specs,
    only: Container[str] | None = None,
    known: Container[str] = (),
) -> Look:
    """What has to be written for `deploy/` to be what environments and locks say.

    Args:
        files: of the tree.
        templates: that hold in it.
        specs: finds the paths of the specs in it.
        only: names of models; left out: all.
        known: folders that need no look.

    Raises:
        InputError: a lock, an environment or an override that is wrong, or a version that is
            not the one of its lock; all of them.
        TemplateError: a template is wrong.
    """
    wanted = [
        (where, loaded)
        for where, loaded in _folders(files)
        if where not in known and (only is None or where.rpartition("/")[2] in only)
    ]
    names = cache(partial(_names, files, specs))
    looks = list(spread(partial(_look, files, templates, names), wanted))
    if problems := [problem for look in looks for problem in look.problems]:
        raise InputError(*problems)
    right = {where: paths for look in looks for where, paths in look.right.items()}
    return Look(together(look.change for look in looks), right=right)


def _folders(files: Files) -> Iterator[tuple[str, LoadedEnvironment | None]]:
    """Every folder that there is or has to be, and the environment that it belongs to."""
    left = dict.fromkeys(locks(files))
    for loaded in environments(files):
        name = loaded.environment.name
        own = [deploy.folder(name, model) for model in loaded.environment.models]
        if loaded is DEFAULT:
            own = [where for where in left if where.startswith(deploy.folder(name, ""))]
        for where in own:
            left.pop(where, None)
            yield where, loaded
    yield from ((where, None) for where in left)


def _look(
    files: Files, templates: Templates, names: Names, of: tuple[str, LoadedEnvironment | None]
) -> Look:
    """What was found in one folder."""
    where, loaded = of
    try:
        return _found(files, templates, names, where, loaded)
    except InputError as error:
        # Without a place of its own, the lock is it.
        place = Location(f"{where}/{deploy.LOCK}", 1, 1)
        found = [replace(d, location=d.location or place) for d in error.diagnostics]
        return Look(problems=found)


def _found(
    files: Files,
    templates: Templates,
    names: Names,
    where: str,
    loaded: LoadedEnvironment | None,
) -> Look:
    path, name = f"{where}/{deploy.LOCK}", where.rpartition("/")[2]
    content = files.read(path)
    lock = None if content is None else _lock(content, path)
    spec = _spec(lock, name, files, names) if loaded is DEFAULT else None
    if loaded is None or (loaded is DEFAULT and spec is None):
        return Look(deploy.place(files, where, {}, lock))
    agreed = _agreeing(lock, loaded, where, name)
    change = deploy.place(files, where, deploy.render(agreed, loaded, templates), lock)
    if change.files or spec == _ELSEWHERE:
        return Look(change)
    rendered = (f"{where}/{name}" for name in agreed["files"])
    return Look(right={where: (path, *rendered, *([spec] if spec else []))})


def locks(files: Files) -> list[str]:
    """The folders that have a lock, in order."""
    return [path.rpartition("/")[0] for path in files.matching(f"deploy/*/*/{deploy.LOCK}")]


def stale(files: Files) -> list[str]:
    """The folders that have a lock, of environments that there are not.

    Raises:
        InputError: the file of an environment is wrong.
    """
    known = {loaded.environment.name for loaded in environments(files)}
    return [where for where in locks(files) if where.split("/")[1] not in known]


def _lock(content: bytes, path: str) -> Held:
    """The lock that a file is.

    Raises:
        InputError: if it is not one.
    """
    hint = "take it from the tag again: modelspec apply, or promote"
    try:
        lock = parse(content)
    except ValueError as error:
        place = Location(path, getattr(error, "lineno", 1), getattr(error, "colno", 1))
        raise InputError(Diagnostic("this lock is not readable", place, hint)) from None
    parts = [lock.get(key) for key in ("spec", "record")] if isinstance(lock, dict) else [None]
    if not all(isinstance(part, dict) and part for part in parts):
        place = Location(path, 1, 1)
        raise InputError(Diagnostic("this lock has no spec and record", place, hint))
    return cast("Held", lock)


def gone(files: Files, folders: Iterable[str], source: Files, specs: Specs) -> Iterator[str]:
    """Those folders whose model has no spec any more.

    Args:
        files: that the locks are among.
        folders: such as `deploy/default/churn`.
        source: that the specs are among.
        specs: finds the paths of those that are called `model.yaml`.
    """
    names = cache(partial(_names, source, specs))
    for where in folders:
        path, name = f"{where}/{deploy.LOCK}", where.rpartition("/")[2]
        content = files.read(path)
        try:
            lock = None if content is None else _lock(content, path)
        except InputError:
            continue  # what is wrong with it is told when it is rendered
        if _spec(lock, name, source, names) is None:
            yield where


def _spec(lock: Lock | None, name: str, source: Files, names: Names) -> str | None:
    """The path of a model's spec, if that is where it was when the lock was made.

    If not a byte of it changed, it does not have to be read for that.

    Returns:
        `_ELSEWHERE` if it is not there, or the lock does not say where; None if there is none.
    """
    try:
        sources: Mapping[str, str] = lock["record"]["sources"] if lock else {}
        paths = [path for path in sources if path.endswith((".yaml", ".yml"))]
        contents = [(path, source.read(path), sources[path]) for path in paths]
    except (LookupError, TypeError, AttributeError):
        return _ELSEWHERE  # as above
    there = [(path, content, blob) for path, content, blob in contents if content is not None]
    for path, content, blob in there:
        if git_blob(content) == blob:
            return path
    from modelspec.spec.load import name_of

    found = [path for path, content, _ in there if name_of(content) == name]
    return found[0] if found else _ELSEWHERE if name in names() else None


def _names(files: Files, specs: Specs) -> set[str]:
    from modelspec.spec.load import name_of

    contents = (files.read(path) for path in specs())
    return {name for content in contents if content and (name := name_of(content))}


def _agreeing(lock: Lock | None, loaded: LoadedEnvironment, where: str, name: str) -> Lock:
    """The lock of a model in an environment, if it holds the version that runs there.

    Raises:
        InputError: there is none, or it holds another.
    """
    version = loaded.environment.models.get(name)
    how = f"modelspec promote {name} {version} --to {loaded.environment.name}"
    hint = f"modelspec apply {name}" if loaded.environment.is_automatic else how
    at: Path = ("models", name)
    if lock is None:
        raise InputError(loaded.diagnostic(f"{where} holds no release of {name}", at, hint))
    held = lock["record"].get("name"), lock["record"].get("version")
    if held != (name, version or held[1]):
        message = f"{name} is {version} here" if version else f"this is the folder of {name}"
        what = " ".join(map(str, held))
        message = f"{message}, and {where}/{deploy.LOCK} holds {what}"
        raise InputError(loaded.diagnostic(message, at, hint))
    return lock
