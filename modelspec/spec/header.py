"""The first two keys of every file: which language it is in, and what it describes."""

from __future__ import annotations

from modelspec.diagnostics import InputError
from modelspec.spec.later import is_later_value
from modelspec.spec.scalar import show
from modelspec.spec.source import Source
from modelspec.spec.suggest import did_you_mean

API_VERSION = "modelspec/v1"
_PLACES = {
    "Model": "a Model is a file model.yaml in any folder",
    "Project": "a Project is the file modelspec.yaml at the top of the repository",
    "Environment": "an Environment is a file in environments/ at the top of the repository",
}


def check_header(source: Source, kind: str) -> None:
    """Refuse a file of another version or kind; a missing header is left to validation.

    Raises:
        InputError: what this file is instead. Nothing else is said about it, because the rest
            of it means something else.
    """
    tree, places = source.tree, source.places
    version, found = tree.get("apiVersion"), tree.get("kind")
    if isinstance(version, str) and version.startswith("modelspec/") and version != API_VERSION:
        raise InputError(
            places.diagnostic(
                f"apiVersion {show(version)} is not known to this version of modelspec",
                places.value(("apiVersion",)),
                f"write {API_VERSION}, or upgrade modelspec",
            )
        )
    if not isinstance(found, str) or found == kind:
        return
    if is_later_value(("kind",), found):
        message, hint = f"kind {show(found)} is not supported yet", ""
    elif found in _PLACES:
        message = f"this file is {_a(found)}, and {_a(kind)} is needed here"
        hint = _PLACES[found]
    else:
        message, hint = f"kind must be {kind}, not {show(found)}", did_you_mean(found, _PLACES)
    raise InputError(places.diagnostic(message, places.value(("kind",)), hint))


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIOU" else f"a {kind}"
