"""What could have been meant: names close to a wrong one, and where a key belongs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from modelspec.spec.places import Path

Fields = dict[str, FieldInfo]


def closest(word: str, options: Iterable[str]) -> str:
    """The option that looks most like a word; empty where none does."""
    import difflib

    lower = {option.lower(): option for option in options}
    key = word.lower().replace("-", "_")[:100]
    if key in lower:
        return lower[key]
    found = difflib.get_close_matches(key, lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else ""


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """A hint that names the closest option, or else all of them."""
    options = list(options)
    found = closest(word, options)
    return f"did you mean `{found}`?" if found else f"known: {', '.join(options)}"


def fields_at(model: type[BaseModel], path: Path, tag: object = None) -> Fields:
    """The keys that the mapping at a path may have.

    Args:
        model: the shape of the whole file.
        path: of a mapping.
        tag: the `type` written there, which tells variants of a mapping apart.
    """
    models = [model]
    named = True
    for step in path:
        if not named:  # the name of a column, or an index: any is allowed
            named = True
            continue
        annotations = [m.model_fields[str(step)].annotation for m in models if _has(m, step)]
        models = [found for annotation in annotations for found in _models(annotation)]
        named = not any(_is_open(annotation) for annotation in annotations)
    tagged = [m for m in models if _tag(m) in (None, tag)]
    return {name: field for m in tagged or models for name, field in m.model_fields.items()}


def homes(model: type[BaseModel], key: str, path: Path = ()) -> Iterator[Path]:
    """Paths at which a key is known, below the shape of a file."""
    for name, field in model.model_fields.items():
        if name == key:
            yield (*path, name)
        if not _is_open(field.annotation):
            for part in _models(field.annotation):
                yield from homes(part, key, (*path, name))


def _has(model: type[BaseModel], step: str | int) -> bool:
    return isinstance(step, str) and step in model.model_fields


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The shapes that an annotation is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _is_open(annotation: Any) -> bool:
    """Whether an annotation has a dict or tuple of parts, so that a path has a step for it."""
    if get_origin(annotation) in (dict, tuple):
        return True
    return any(_is_open(part) for part in get_args(annotation))


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("type")
    values = get_args(field.annotation) if field else ()
    return values[0] if values else None
