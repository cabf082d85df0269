"""What the language will have and has not yet: refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelspec.spec.places import Node, Path

ANY = "*"

_MODEL_KEYS = (
    ("tune",),
    ("retrain",),
    ("card",),
    ("data", "split", "time"),
    ("data", "split", "group"),
    ("model", "code"),
    ("model", "params"),
    ("evaluate", "cross_validation"),
    ("evaluate", "slices"),
    ("container", "builder"),
    ("serve", "batching"),
    ("monitor", "staleness"),
    ("monitor", "alerts"),
)
_PROJECT_KEYS = (("store",), ("artifacts",), ("champion",), ("templates",), ("metadata",))

_ENVIRONMENT_KEYS = tuple(
    (*above, *key)
    for above in (("overrides",), ("overrides", "models", ANY))
    for key in _MODEL_KEYS
    if key[0] in ("deploy", "monitor")
)

KEYS: Mapping[str, tuple[Path, ...]] = {
    "Model": _MODEL_KEYS,
    "Project": _PROJECT_KEYS,
    "Environment": _ENVIRONMENT_KEYS,
    "Lock": (),
}
"""By kind: paths of keys."""

_VALUES: Mapping[Path, frozenset[str]] = {
    ("target",): frozenset(("kserve",)),
    ("task",): frozenset(("multilabel_classification",)),
    ("model", "type"): frozenset(("cnn", "transfer")),
}


def later_keys(kind: str, root: Node) -> Iterator[Path]:
    """The paths in a file that the language will know later."""
    for pattern in KEYS[kind]:
        yield from _matches(pattern, root, ())


def is_later_value(path: Path, value: object) -> bool:
    """Whether the language will know this value of this key later."""
    return isinstance(value, str) and value in _VALUES.get(path, ())


def _matches(pattern: Path, node: Node, path: Path) -> Iterator[Path]:
    if not pattern:
        yield path
        return
    steps = tuple(node.children) if pattern[0] == ANY else pattern[:1]
    for step in steps:
        if step in node.children:
            yield from _matches(pattern[1:], node.children[step], (*path, step))
