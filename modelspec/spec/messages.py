"""Validation errors of pydantic, in words of our own, each with a place and a way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from modelspec.diagnostics import Diagnostic
from modelspec.spec.later import is_later_value
from modelspec.spec.places import Path, Places
from modelspec.spec.scalar import Plain, Wrong, show
from modelspec.spec.suggest import closest, did_you_mean, fields_at, homes
from modelspec.spec.units import duration_text, percent_text

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_NO_SPEC = "there is no `spec:` level; its keys stand at the top"


def dotted(path: Path) -> str:
    """A path for people: `data.features.plan.values[0]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if re.fullmatch(r"[\w-]{1,60}", step) else show(step).replace("`", '"')
            text += f".{name}" if text else name
    return text


def path_of(location: tuple[str | int, ...]) -> Path:
    """The path in the file of an error, without the names of variants that pydantic inserts."""
    steps = list(location)
    if steps[-1:] == ["[key]"]:
        steps.pop()
    if steps[:1] == ["model"]:
        del steps[1:2]
    elif steps[:2] == ["data", "features"]:
        del steps[3:4]
    elif steps[:2] == ["evaluate", "threshold"]:
        del steps[2:3]
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Problem:
    """One error: the path that is wrong, or that is missing, or that nobody knows.

    Attributes:
        of_key: whether the last step of the path is wrong itself, and not what it leads to.
    """

    path: Path
    kind: str
    context: dict[str, Any]
    of_key: bool = False

    @classmethod
    def of(cls, error: ErrorDetails) -> Problem:
        """An error of pydantic; a variant without its name counts as a missing key `type`."""
        path = path_of(error["loc"])
        if error["type"] == "union_tag_not_found":
            return cls((*path, "type"), "missing", {})
        if error["type"] == "union_tag_invalid":
            path = (*path, "type")
        return cls(path, error["type"], error.get("ctx", {}), error["loc"][-1:] == ("[key]",))


class Explainer:
    """Turns problems of one file into diagnostics."""

    def __init__(self, places: Places, model: type[BaseModel]) -> None:
        self._places = places
        self._model = model

    def diagnostic(self, problem: Problem) -> Diagnostic:
        """What is wrong, where, and what to write instead."""
        if problem.kind == "missing":
            return self._missing(problem.path)
        if problem.kind == "extra_forbidden":
            return self._unknown(problem.path)
        places, path = self._places, problem.path
        if problem.kind == "union_tag_invalid" and places.find(path) is None:
            path = path[:-1]  # the short form of a feature
        message, hint, offset = self._value(problem)
        place = places.within(path, offset) if offset else places.value(path)
        if getattr(problem.context.get("error"), "secret", False):
            return Diagnostic(f"{dotted(path)} {message}", place, hint)
        if problem.of_key:
            place = places.key(path)
            message = f"{show(path[-1])} {message}"
            return places.diagnostic(f"{dotted(path[:-1])}: {message}", place, hint)
        return places.diagnostic(f"{dotted(path)} {message}", place, hint)

    def not_yet(self, path: Path) -> Diagnostic:
        """A key that the language will have later."""
        message = f"{dotted(path)} is not supported yet"
        return self._places.diagnostic(message, self._places.key(path), "leave it out")

    def _missing(self, path: Path) -> Diagnostic:
        parent, key = path[:-1], str(path[-1])
        above = self._places.find(parent)
        if above and not isinstance(above.value, dict):
            return self.diagnostic(Problem(parent, "model_type", {}))
        field = self._fields(parent).get(key)
        example = (field.examples or [""])[0] if field else ""
        if key == "type":
            example = "mlp" if parent == ("model",) else "number"
        where = f"below `{dotted(parent)}:`" if parent else "at the top level"
        return self._places.diagnostic(
            f"{dotted(path)} is missing",
            self._places.key(parent),
            f"add {where} a line such as `{key}: {example}`",
        )

    def _unknown(self, path: Path) -> Diagnostic:
        parent, key = path[:-1], str(path[-1])
        fields, node = self._fields(parent), self._places.find(parent)
        hint = did_you_mean(key, fields)
        if hint.startswith("did") and node and closest(key, fields) in node.children:
            hint = "leave it out"  # what is near stands there already
        home = [] if "did you mean" in hint else list(homes(self._model, key))[:3]
        if path in home:
            hint = "only another `type` has it"
        elif home:
            hint = f"did you mean {' or '.join(f'`{dotted(h)}`' for h in home)}?"
        elif key == "spec" and not parent:
            hint = _NO_SPEC
        elif len(key) == 0:
            hint = "a key stands before the colon"
        where = f" in `{dotted(parent)}`" if parent else ""
        return self._places.diagnostic(
            f"unknown key {show(key)}{where}", self._places.key(path), hint
        )

    def _fields(self, path: Path) -> dict[str, Any]:
        node = self._places.find((*path, "type"))
        return fields_at(self._model, path, node.value if node else None)

    def _value(self, problem: Problem) -> tuple[str, str, int]:
        """Predicate, hint and offset in the text for a value that is wrong."""
        node = self._places.find(problem.path)
        written = node.value if node else None
        context = problem.context
        error = context.get("error")
        if isinstance(error, Wrong):
            return error.message, error.hint, error.offset
        if problem.kind in ("literal_error", "union_tag_invalid"):
            return (*self._one_of(problem, written), 0)
        if problem.kind in _LIMITS:
            words, name = _LIMITS[problem.kind]
            limit = _limit(context.get(name), written)
            return f"must be {words} {limit}, not {show(written)}", "", 0
        if problem.kind == "dict_type":
            return (*_names(written, problem.path), 0)
        describe = _SHAPES.get(problem.kind)
        if describe is None:
            return f"cannot be {show(written)}", "", 0
        message, hint = describe(written, context)
        if not hint and problem.kind in _MAPPINGS:
            hint = f"its keys are {', '.join(self._fields(problem.path))}"
        return message, hint, 0

    def _one_of(self, problem: Problem, written: object) -> tuple[str, str]:
        expected = problem.context.get("expected") or problem.context.get("expected_tags", "")
        options = re.findall(r"'([^']*)'", expected)
        path, value = problem.path, written
        if problem.kind == "union_tag_invalid":
            value = problem.context["tag"]
        if is_later_value(path, value):
            return f"{show(value)} is not supported yet", f"write {_either(options)}"
        message = f"must be {_either(options)}, not {show(value)}"
        hint = did_you_mean(str(value), options) if isinstance(value, str) else ""
        return message, "" if hint.startswith("known") else hint


def _either(options: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(options[:-1]), *options[-1:])))


def _limit(limit: object, written: object) -> str:
    if isinstance(limit, timedelta):
        return duration_text(limit)
    if isinstance(written, str) and written.endswith("%"):
        return percent_text(Decimal(str(limit)))
    return f"{limit:g}" if isinstance(limit, float) else str(limit)


_LIMITS = {
    "greater_than": ("greater than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _mapping(written: object, _context: dict[str, Any]) -> tuple[str, str]:
    if written is None:
        return "has no keys below it", "write its keys, indented, or leave it out"
    return f"must be a mapping of keys, not {show(written)}", ""


def _names(written: object, path: Path) -> tuple[str, str]:
    """For a mapping whose keys are names, which people like to write as a list."""
    entries: dict[Path, tuple[str, str]] = {
        ("data", "features"): ("columns", "`column: number` or `column: category`"),
        ("models",): ("models", "`churn: 1.4.0`"),
        ("metadata", "labels"): ("labels", "`team: growth`"),
    }
    what, example = entries.get(path, ("names", "`name:` with its keys below it"))
    return f"must be a mapping of {what}, not {show(written)}", f"write each as {example}"


def _list(written: object, _context: dict[str, Any]) -> tuple[str, str]:
    if isinstance(written, str):
        return f"must be a list, not {show(written)}", f"write [{written}]"[:80]
    return f"must be a list, not {show(written)}", ""


def _text(written: object, _context: dict[str, Any]) -> tuple[str, str]:
    if written is None:
        hint = 'put the word in quotes, "null", if it is meant; else leave the key out'
        return "must be text, not empty or null", hint
    return f"must be text, not {show(written)}", ""


def _too_short(_written: object, _context: dict[str, Any]) -> tuple[str, str]:
    return "must not be empty", ""


def _too_long(written: object, context: dict[str, Any]) -> tuple[str, str]:
    if isinstance(written, Plain | str):
        return f"must be at most {context['max_length']} characters, not {len(written)}", ""
    return f"must have at most {context['max_length']} items", ""


_MAPPINGS = ("model_type", "model_attributes_type")
_SHAPES: dict[str, Callable[[object, dict[str, Any]], tuple[str, str]]] = {
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "tuple_type": _list,
    "string_type": _text,
    "too_short": _too_short,
    "string_too_short": _too_short,
    "too_long": _too_long,
    "string_too_long": _too_long,
}
