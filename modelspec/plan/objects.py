"""What a release changes in rendered objects, field by field. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from modelspec.plan.difference import fields
from modelspec.plan.digest import canonical, digest

# The ID of an image that is not built yet; in what is shown stands UNKNOWN instead.
NOT_BUILT = digest("an image that is not built yet")
UNKNOWN = "(known once the image is built)"
# Below a key of the first name a key of the second: they say which release an object belongs to,
# so they differ in each. A change of the image is seen where the image is named.
VOLATILE = frozenset(
    {
        ("labels", "app.kubernetes.io/version"),
        ("labels", "version"),
        ("annotations", "modelspec/commit"),
        ("annotations", "modelspec/image-id"),
    }
)


class Place(NamedTuple):
    """A field of a rendered object, such as `Deployment churn` and `spec.replicas`."""

    object: str
    path: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One change, and every place where it happens.

    Attributes:
        old: None where there was no such field.
        new: None where there is none any more.
        known: whether all of `new` can be told before the steps ran.
    """

    old: Any
    new: Any
    places: tuple[Place, ...]
    known: bool = True

    @property
    def title(self) -> str:
        """The objects that change."""
        return ", ".join(dict.fromkeys(place.object for place in self.places))


class VersionLine(NamedTuple):
    """What an environment is going to run of a model.

    Attributes:
        file: of the environment.
        old: None where the model did not run there.
        new: None where it runs no more, or what is not known yet.
    """

    file: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Deployment:
    """What an apply writes for one environment.

    Attributes:
        environment: its name.
        files: those that change, by name.
        added: objects, such as `Service churn`.
        removed: objects.
        changes: of objects that stay, volatile labels left out.
        line: that changes in the file of the environment, if one does.
    """

    environment: str
    files: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    line: VersionLine | None = None

    @property
    def restarts(self) -> bool:
        """Whether pods that run are replaced by others."""
        return any(
            place.object.startswith("Deployment ") and place.path.startswith("spec.template")
            for change in self.changes
            for place in change.places
        )


def deployment(
    environment: str, files: Iterable[str], old: Iterable[Any], new: Iterable[Any]
) -> Deployment:
    """Compare what is rendered with what will be.

    Args:
        environment: its name.
        files: names of the files that change.
        old: objects as plain data.
        new: objects as plain data; `NOT_BUILT`, and a tag of it, stand for what is not known.
    """
    before, after = _by_title(old), _by_title(new)
    found: dict[str, tuple[Any, Any, list[Place]]] = {}
    for title in before.keys() & after.keys():
        for path, was, will in fields(before[title], after[title]):
            last = path.rpartition(".")[2]
            same = found.setdefault(canonical([last, was, will]), (was, will, []))
            same[2].append(Place(title, path))
    changes = [
        FieldChange(was, _told(will), tuple(sorted(places)), known=_told(will) == will)
        for was, will, places in found.values()
    ]
    return Deployment(
        environment,
        tuple(files),
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        tuple(sorted(changes, key=lambda change: change.places)),
    )


def _by_title(objects: Iterable[Any]) -> dict[str, Any]:
    return {
        f"{one.get('kind')} {(one.get('metadata') or {}).get('name')}": _steady(one)
        for one in objects
        if isinstance(one, Mapping)
    }


def _steady(value: Any, above: str = "") -> Any:
    """Without volatile labels, and without mappings that only they were in."""
    if isinstance(value, Mapping):
        kept = {k: _steady(v, k) for k, v in value.items() if (above, k) not in VOLATILE}
        return {k: v for k, v in kept.items() if v != {} or value[k] == {}}
    return [_steady(item) for item in value] if _is_list(value) else value


def _told(value: Any) -> Any:
    """The value with words in place of what is not known yet."""
    if isinstance(value, Mapping):
        return {k: _told(v) for k, v in value.items()}
    if _is_list(value):
        return [_told(item) for item in value]
    return UNKNOWN if isinstance(value, str) and NOT_BUILT[7:19] in value else value


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
