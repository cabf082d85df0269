"""Any spec that is valid renders to files that every reader takes back as the same data."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import yaml
import yaml_rs

from modelspec.adapters.templates import builtin
from modelspec.diagnostics import InputError
from modelspec.render.bundle import render
from modelspec.spec.default import DEFAULT
from modelspec.spec.load import load
from modelspec.spec.model import ModelSpec
from tests.render.conftest import sample
from tests.spec.examples import FULL

ROOT = Path(__file__).parents[2]
SEEDS = [
    FULL.encode(),
    *(path.read_bytes() for path in sorted(ROOT.glob("examples/*/model.yaml"))),
]
_VALUE = re.compile(rb"(?<=[:-] )[^\n{}\[\]]+")


def check(data: bytes) -> None:
    """A spec that is not valid is no case for here."""
    try:
        spec = load(data, "m.yaml").spec
    except InputError:
        return
    check_spec(spec)


def check_spec(spec: ModelSpec) -> None:
    """Owner and description come back as they are, and two parsers agree on all of it."""
    files = rendered(spec)
    documents = [d for text in files.values() for d in yaml.load_all(text, yaml.CSafeLoader)]
    assert documents == [
        d for text in files.values() for d in yaml_rs.loads(text, parse_datetime=False)
    ]
    (deployment,) = (d for d in documents if d["kind"] == "Deployment")
    notes = deployment["metadata"].get("annotations", {})
    assert notes.get("modelspec/owner", "") == spec.metadata.owner
    assert notes.get("modelspec/description", "") == spec.metadata.description


def rendered(spec: ModelSpec) -> dict[str, str]:
    """The files of a release of a spec."""
    name = spec.metadata.name
    changes = {"record.name": name, "record.image.tag": f"{name}:sha-4be1c0ffee12"}
    lock = sample(spec=spec.canonical(), **changes)
    steps = lock["record"]["steps"]
    steps["image"]["record"]["tag"] = changes["record.image.tag"]
    if spec.task == "regression":
        steps["data"]["record"]["schema_"]["classes"] = []
    return {artifact.path: artifact.text for artifact in render(lock, DEFAULT, builtin())}


def mutated(data: bytes, seed: int, mutate: Callable[[bytes, int], bytes], most: int) -> bytes:
    """A spec with one value changed, most often within quotes: changed anywhere, few are valid."""
    chance = random.Random(seed)
    places = list(_VALUE.finditer(data))
    if not places or chance.random() < 0.1:
        return bytes(mutate(data, most))
    place = chance.choice(places)
    new = bytes(mutate(place[0].strip(b"'"), 200))
    if chance.random() < 0.8:
        new = b"'" + new.replace(b"'", b"''").replace(b"\n", b" ") + b"'"
    return data[: place.start()] + new + data[place.end() :]
