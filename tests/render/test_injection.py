"""Whatever text stands in a value, it comes back from what is rendered as that text."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
import yaml_rs
from pydantic import ValidationError

from modelspec.adapters.templates import builtin
from modelspec.diagnostics import InputError
from modelspec.plan.lock import lock_text
from modelspec.render import bundle, engine
from modelspec.render.promql import go_text
from modelspec.render.release import context, read
from modelspec.spec.default import DEFAULT, LoadedEnvironment
from modelspec.spec.environment import Environment, EnvironmentMetadata
from modelspec.spec.load import load
from tests.render.conftest import sample
from tests.render.hostile import INJECTIONS
from tests.spec.examples import FULL

MARK = re.compile(r"mark[0-9]{4}s")


def marked(value: Any, marks: list[str]) -> Any:
    """The same data with a mark in the place of every text, the keys of mappings too."""
    if isinstance(value, dict):
        return {marked(key, marks): marked(item, marks) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [marked(item, marks) for item in value]
    if isinstance(value, str):
        marks.append(f"mark{len(marks):04d}s")
        return marks[-1]
    return value


def filled(value: Any, text: Callable[[str], str]) -> Any:
    """The same data with what belongs there in the place of every mark."""
    if isinstance(value, dict):
        # A key is no longer than YAML allows it to be.
        return {filled(key, text)[:900]: filled(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, text) for item in value]
    return MARK.sub(lambda mark: text(mark[0]), value) if isinstance(value, str) else value


def rotated(shift: int) -> Callable[[str], str]:
    """Another text for every mark; over all shifts each mark gets each text."""
    return lambda mark: INJECTIONS[(int(mark[4:8]) + shift) % len(INJECTIONS)]


def contexts() -> Iterator[tuple[str, Any]]:
    """Every template, and what it sees: variables keep their names, all else is marked."""
    lock = sample(**{"spec.monitor": {"slo": {"availability": "90%"}}})
    released = read(lock, environment("prod", "models"))
    common = context(released)
    for target in bundle.TARGETS.values():
        for template in target.files:
            marks: list[str] = []
            seen = {**common, **target.context(released)}
            made = {name: _keeping_names(value, marks) for name, value in seen.items()}
            assert len(marks) > 20
            yield template, made


def _keeping_names(value: Any, marks: list[str]) -> Any:
    """Marked, but for the keys that templates ask for by name."""
    text = "\n".join(builtin().values())
    if isinstance(value, dict) and any(re.search(rf"\w\.{re.escape(k)}\b", text) for k in value):
        return {key: marked(item, marks) for key, item in value.items()}
    return marked(value, marks)


@pytest.fixture(scope="module")
def injected() -> list[tuple[str, list[Any]]]:
    """What is rendered with every text in every place, and the data that must come back."""
    made = []
    for template, seen in contexts():
        plain = list(yaml.safe_load_all(engine.render(template, builtin(), seen)))
        assert MARK.search(json.dumps(plain))
        for shift in range(len(INJECTIONS)):
            put = rotated(shift)
            text = engine.render(template, builtin(), filled(seen, put))
            made.append((text, filled(plain, put)))
    return made


def test_there_are_more_than_a_hundred_texts_and_two_hundred_places() -> None:
    assert len(INJECTIONS) >= 150
    places = {(t, mark) for t, seen in contexts() for mark in MARK.findall(json.dumps(seen))}
    assert len(places) >= 200


def libyaml(text: str) -> list[Any]:
    return list(yaml.load_all(text, yaml.CSafeLoader))


def pyyaml(text: str) -> list[Any]:
    return list(yaml.load_all(text, yaml.SafeLoader))


def rust(text: str) -> Any:
    # By itself it takes text in quotes for a time, too.
    return yaml_rs.loads(text, parse_datetime=False)


@pytest.mark.parametrize(
    ("parse", "every"), [(libyaml, 1), (rust, 1), (pyyaml, 10)], ids=["libyaml", "rust", "pyyaml"]
)
def test_every_text_in_every_place_of_every_template_comes_back(
    injected: list[tuple[str, list[Any]]], parse: Callable[[str], list[Any]], every: int
) -> None:
    for text, expected in injected[::every]:
        assert parse(text) == expected


def test_kubectl_reads_every_text_in_every_place_back(
    injected: list[tuple[str, list[Any]]], tmp_path: Path
) -> None:
    path = tmp_path / "all.yaml"
    path.write_text("\n---\n".join(text for text, _ in injected), "utf-8")
    expected = [document for _, documents in injected for document in documents]
    for document in expected:
        if not document["metadata"].get("namespace"):
            document["metadata"].pop("namespace", None)  # empty is none to Kubernetes
    assert kubectl(path) == expected


Where = tuple[Any, ...]

LOCK = json.dumps(sample(spec=load(FULL.encode(), "model.yaml").spec.canonical()))


def _lock(texts: dict[Where, str] | None = None) -> dict[str, Any]:
    """A release whose spec uses all of the language, with other texts at some places."""
    made: dict[str, Any] = json.loads(LOCK)
    for path, text in (texts or {}).items():
        part: Any = made
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = text
    return made


def _leaves(value: Any, path: Where = ()) -> Iterator[Where]:
    """The places of all texts."""
    pairs: Any = ()
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in pairs:
        yield from _leaves(item, (*path, key))
    if isinstance(value, str):
        yield path


def _objects(lock: dict[str, Any]) -> list[Any]:
    files = bundle.render(lock, DEFAULT, builtin())
    return [document for artifact in files for document in libyaml(artifact.text)]


def _takes(texts: dict[Where, str]) -> bool:
    try:
        read(_lock(texts), DEFAULT)
    except InputError:
        return False
    return True


LEAVES = list(_leaves(_lock()))
FREE = [path for path in LEAVES if _takes({path: "any: text"})]
"""Places for any text; elsewhere only names, units, digests or some words are allowed."""


def test_texts_of_a_lock_that_may_be_anything_are_data() -> None:
    assert len(FREE) > 40
    assert {("spec", "metadata", key) for key in ("owner", "description")} < set(FREE)
    marks = {path: f"mark{number:04d}s" for number, path in enumerate(FREE)}
    plain = _objects(_lock(marks))
    assert MARK.search(json.dumps(plain))
    for shift in range(len(INJECTIONS)):
        texts = {path: rotated(shift)(mark) or "x" for path, mark in marks.items()}
        refused = set() if _takes(texts) else {p for p in FREE if not _takes({p: texts[p]})}
        texts |= {path: marks[path] for path in refused}
        put = {mark: texts[path] for path, mark in marks.items()}
        lock = _lock(texts)
        assert json.loads(lock_text(lock)) == lock
        for_go = {mark: go_text(text) for mark, text in put.items()}
        raw, escaped = filled(plain, put.__getitem__), filled(plain, for_go.__getitem__)
        assert _either(_objects(lock), raw, escaped)
        assert len(refused) < 5


@pytest.mark.parametrize(
    "path", [p for p in LEAVES if p not in FREE], ids=lambda path: ".".join(map(str, path))
)
def test_other_texts_of_a_lock_are_refused_or_change_no_object_into_another(path: Where) -> None:
    kinds = [(one["kind"], one["metadata"]["name"]) for one in _objects(_lock())]
    for text in INJECTIONS:
        if _takes({path: text}):
            try:
                found = _objects(_lock({path: text}))
            except InputError:  # 12h is a duration, and no bucket of the runtime
                continue
            assert [(one["kind"], one["metadata"]["name"]) for one in found] == kinds


@pytest.mark.parametrize("part", ["name", "namespace"])
def test_an_environment_is_called_like_what_kubernetes_takes_for_a_name(part: str) -> None:
    taken = []
    for text in INJECTIONS:
        try:
            environment(**{"name": "prod", "namespace": "models", part: text})
        except ValidationError:
            continue
        taken.append(text)
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", text) for text in taken)
    assert 0 < len(taken) < 40


def environment(name: str, namespace: str) -> LoadedEnvironment:
    return LoadedEnvironment(
        Environment(
            apiVersion="modelspec/v1",
            kind="Environment",
            metadata=EnvironmentMetadata(name=name),
            namespace=namespace,
        )
    )


def _either(found: Any, one: Any, other: Any) -> bool:
    """Whether each leaf is that of one of two values of the same shape."""
    if isinstance(found, dict) and isinstance(one, dict):
        keys = found.keys() == one.keys()
        return keys and all(_either(found[k], one[k], other[k]) for k in found)
    if isinstance(found, list) and isinstance(one, list):
        same = len(found) == len(one)
        return same and all(map(_either, found, one, other))
    return found in (one, other)


def kubectl(path: Path) -> list[Any]:
    """Objects as kubectl reads them, which is how Go programs read YAML; no cluster is asked."""
    tool = shutil.which("kubectl")
    if not tool:
        if os.environ.get("CI") == "true":
            pytest.fail("kubectl is missing, and CI needs it: apt-get install kubernetes-client")
        pytest.skip("kubectl is not installed: apt-get install kubernetes-client")
    note = "modelspec-test"
    done = subprocess.run(
        [tool, "annotate", "--local", "-f", path, f"{note}=x", "-o", "json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    decoder, position, found = json.JSONDecoder(), 0, []
    while position < len(done.stdout.rstrip()):
        document, position = decoder.raw_decode(done.stdout, position)
        position += 1
        annotations = document["metadata"]["annotations"]
        del annotations[note]
        if not annotations:
            del document["metadata"]["annotations"]
        found.append(document)
    return found
