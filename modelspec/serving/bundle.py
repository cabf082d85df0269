"""The model folder: `serving.json` and the files it names, read once and checked."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from .contract import FORMAT, SERVING_FILE
from .preprocess import Preprocessor
from .reference import Reference, misfit

Task = Literal["binary_classification", "multiclass_classification", "regression"]
Runtime = Literal["tflite", "onnx", "savedmodel"]


_ROUTABLE = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
# So that 1000 x MAJOR + MINOR is one number for each version.
_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,2})")


class BundleError(Exception):
    """The model folder cannot be served; the message is one line for whoever operates it."""


def shapes(width: int, units: int) -> str:
    """What is said of a network whose tensors are not those that the contract needs."""
    return (
        f"the model file does not take float32 (batch, {width}) and answer float32 (batch, {units})"
    )


class Number(msgspec.Struct, tag_field="type", tag="number", frozen=True):
    """A number feature of the contract."""

    name: str
    mean: float
    scale: float
    fill: float | None = None
    min: float | None = None
    max: float | None = None

    def problem(self) -> str:
        """What contradicts itself, or an empty text."""
        usable = math.isfinite(self.mean) and math.isfinite(self.scale) and self.scale > 0
        return "" if usable else "mean and scale of a number must be finite, and scale above 0"


class Category(msgspec.Struct, tag_field="type", tag="category", frozen=True):
    """A category feature of the contract."""

    name: str
    values: list[str]
    missing: Literal["error", "fill", "own_category"] = "error"
    fill: str | None = None
    hash: int | None = None

    def problem(self) -> str:
        """What contradicts itself, or an empty text."""
        if self.hash is not None and (self.hash < 1 or self.values):
            return "a category that is hashed needs at least one column, and no values"
        if self.missing == "fill" and self.fill is None:
            return "a category whose missing cells are filled needs a fill"
        return "" if len(set(self.values)) == len(self.values) else "a category has a value twice"


class Description(msgspec.Struct, frozen=True):
    """What `serving.json` says, format 1; keys that are not listed here are passed over."""

    name: str
    version: str
    commit: str
    task: Task
    features: list[Number | Category]
    classes: list[str]
    threshold: float | None
    runtime: Runtime
    model_file: str
    model_digest: str
    reference_file: str
    reference_digest: str
    feedback: bool = False

    @property
    def units(self) -> int:
        """Columns of the network's answer."""
        return len(self.classes) if self.task == "multiclass_classification" else 1

    def problem(self) -> str:
        """What contradicts itself, or an empty text."""
        names = [feature.name for feature in self.features]
        classes = {"binary_classification": 2, "regression": 0}
        wrong = {
            "name has characters that cannot stand in a route": not _ROUTABLE.fullmatch(self.name),
            "version must be MAJOR.MINOR, with MINOR below 1000": not _VERSION.fullmatch(
                self.version
            ),
            "features must be at least one, each with a name of its own": (
                not names or len(set(names)) != len(names)
            ),
            f"{len(self.classes)} classes do not fit the task {self.task}": (
                len(self.classes) != classes.get(self.task, max(2, len(self.classes)))
            ),
            "classes must differ from one another": len(set(self.classes)) != len(self.classes),
            **{
                f"{key} must name a file in the folder itself": Path(file).name != file
                for key, file in (
                    ("model_file", self.model_file),
                    ("reference_file", self.reference_file),
                )
            },
            **{feature.problem(): True for feature in self.features},
        }
        return next((text for text, is_so in wrong.items() if text and is_so), "")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked model folder.

    Attributes:
        description: the contract.
        features: the same features as plain data, as `Preprocessor` takes them.
        model: content of the model file; its digest is the one the contract names.
        reference: what live rows are held against; its file has the digest the contract names.
    """

    description: Description
    features: list[dict[str, Any]]
    model: bytes
    reference: Reference


def load(folder: Path) -> Bundle:
    """Reads the folder. What is returned was checked, and is not read from disk again.

    Raises:
        BundleError: a file is missing or unreadable, the format is not known, the contract
            contradicts itself, or a file is not the one that the contract names.
    """
    raw = _json(folder / SERVING_FILE)
    if raw.get("format") != FORMAT:
        raise BundleError(
            f"{SERVING_FILE} has format {raw.get('format')!r:.20}; this runtime reads {FORMAT}"
        )
    try:
        description = msgspec.convert(raw, Description)
    except msgspec.ValidationError as error:
        raise BundleError(f"{SERVING_FILE} is not valid: {error}") from None
    if problem := description.problem():
        raise BundleError(f"{SERVING_FILE} is not valid: {problem}")
    model = _named(folder / description.model_file, description.model_digest)
    content = _named(folder / description.reference_file, description.reference_digest)
    features = [msgspec.to_builtins(feature) for feature in description.features]
    try:
        reference = msgspec.json.decode(content, type=Reference)
    except msgspec.DecodeError as error:
        raise BundleError(f"{description.reference_file} is not valid: {error}") from None
    if problem := misfit(reference, Preprocessor(features).features, description.units):
        raise BundleError(f"{description.reference_file} is not valid: {problem}")
    return Bundle(description, features, model, reference)


def _named(file: Path, digest: str) -> bytes:
    """The content of a file of which the contract names the digest."""
    content = _content(file)
    found = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if found != digest:
        raise BundleError(
            f"{file.name} is damaged or was swapped: its digest is {found}, "
            f"{SERVING_FILE} names {digest}"
        )
    return content


def _json(file: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(_content(file), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{file.name} is not valid JSON: {error}") from None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BundleError(f"{file} cannot be read: {error.strerror}") from None
