"""A tree against a shape: the value, or every problem and which paths are wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from modelspec.diagnostics import Diagnostic, InputError, in_order
from modelspec.spec.header import check_header
from modelspec.spec.later import later_keys
from modelspec.spec.messages import Explainer, Problem
from modelspec.spec.places import Path, Places
from modelspec.spec.source import MAX_PROBLEMS, Source, read
from modelspec.spec.suggest import closest

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[M]):
    """What validation said.

    Attributes:
        value: None if anything is wrong.
        wrong: paths whose values, or whose absence, cannot be built upon.
    """

    value: M | None
    diagnostics: tuple[Diagnostic, ...] = ()
    wrong: frozenset[Path] = frozenset()


def validate(
    model: type[M], kind: str, source: Source, tree: dict[str, Any] | None = None
) -> Outcome[M]:
    """Validate what a file says.

    Args:
        model: the shape of the file.
        kind: its name in the file.
        source: the file.
        tree: to validate instead of the file's own.
    """
    try:
        value = model.model_validate(source.tree if tree is None else tree)
    except ValidationError as error:
        problems = [Problem.of(e) for e in error.errors(include_url=False)]
    else:
        return Outcome(value, (), frozenset(source.unknown))
    places = source.places
    later = tuple(later_keys(kind, places.root))
    wrong = frozenset((*source.unknown, *later, *(_cut(p.path, places) for p in problems)))
    explainer = Explainer(places, model)
    told = [p for p in problems if _is_told(p, later, source)]
    told = _without_misspelled(told)
    told.sort(key=lambda p: places.value(p.path))
    diagnostics = [explainer.not_yet(path) for path in later]
    diagnostics += (explainer.diagnostic(p) for p in told[: MAX_PROBLEMS + 1])
    return Outcome(None, tuple(diagnostics), wrong)


def load_kind(
    model: type[M],
    kind: str,
    content: bytes,
    file: str,
    check: Callable[[Places], Iterable[Diagnostic]] = lambda _: (),
) -> tuple[M, Places]:
    """Read and check a file of a kind whose shape says nearly all that there is to check.

    Args:
        model: the shape of the file.
        kind: its name in the file.
        content: its bytes, UTF-8.
        file: its name, for messages.
        check: finds what the shape does not say, also where something else is wrong.

    Raises:
        InputError: every problem there is, in the order of the file.
    """
    source = read(content, file)
    check_header(source, kind)
    outcome = validate(model, kind, source)
    problems = [*source.problems, *outcome.diagnostics, *check(source.places)]
    if problems or outcome.value is None:
        raise InputError(*limited(in_order(problems)))
    return outcome.value, source.places


def limited(problems: list[Diagnostic]) -> list[Diagnostic]:
    """The first problems, and a word about the rest."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    more = "there are more problems; they are shown when these are gone"
    return [*problems[:MAX_PROBLEMS], Diagnostic(more, problems[MAX_PROBLEMS].location)]


def _cut(path: Path, places: Places) -> Path:
    """A path as far as it can be taken away: the variant of a feature goes with all of it."""
    for length in range(len(path)):
        node = places.find(path[:length])
        if node and not isinstance(node.value, dict | tuple):
            return path[:length]
    if path[:2] == ("data", "features") and path[3:] == ("type",):
        return path[:3]
    return path[:2] if path[:2] == ("evaluate", "threshold") else path


def _is_told(problem: Problem, later: tuple[Path, ...], source: Source) -> bool:
    """Whether a problem is news: not below what is refused already for another reason."""
    path = problem.path
    if any(path[: len(known)] == known for known in (*later, *source.unknown)):
        return False
    if problem.kind == "too_short":  # pydantic counts only the items that are right
        node = source.places.find(path)
        return node is None or not node.value
    own_code = ("model", "code") in later
    return not (own_code and path == ("model", "type"))


def _without_misspelled(problems: list[Problem]) -> list[Problem]:
    """Without missing keys that stand there misspelled: one mistake, one message."""
    missing = {p.path for p in problems if p.kind == "missing"}
    meant: set[Path] = set()
    for problem in problems[: 4 * MAX_PROBLEMS]:
        if problem.kind == "extra_forbidden":
            parent = problem.path[:-1]
            siblings = [str(p[-1]) for p in missing if p[:-1] == parent]
            found = closest(str(problem.path[-1]), siblings)
            meant.add((*parent, found))
            if problem.path == ("spec",):  # the keys that seem to be missing are below it
                meant |= missing
    return [p for p in problems if p.kind != "missing" or p.path not in meant]
