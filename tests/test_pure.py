"""Reading a spec, planning and rendering touch nothing outside, and are the same every time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from modelspec.adapters.templates import builtin
from modelspec.plan.basis import basis
from modelspec.plan.document import document
from modelspec.plan.explain import lines
from modelspec.plan.facts import Facts
from modelspec.plan.outlook import Outlook, Outlooks
from modelspec.plan.plan import make_plan
from modelspec.plan.tags import Version
from modelspec.render.bundle import render
from modelspec.spec.default import DEFAULT
from modelspec.spec.load import load
from tests import golden

EFFECTS = (
    "open",
    "os.",
    "shutil.",
    "socket.",
    "subprocess.",
    "tempfile.",
    "glob.",
    "pathlib.",
    "ctypes.",
    "urllib.",
    "sqlite3.",
    "import",
)
_watching = False
_hooked = False


class Impure(AssertionError):
    """Something outside was touched."""


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event.startswith(EFFECTS):
        raise Impure(f"{event} {arguments!r}"[:300])


@contextmanager
def nothing_outside() -> Iterator[None]:
    """Whatever opens, lists, starts, connects or imports is refused. Hooks cannot be removed."""
    global _watching, _hooked  # noqa: PLW0603
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True
    _watching = True
    try:
        yield
    finally:
        _watching = False


def compiled(content: bytes, lock: dict[str, Any], templates: dict[str, str]) -> list[str]:
    """All that is said and written about one spec."""
    loaded = load(content, "model.yaml")
    sources = {"models/x/model.yaml": "a" * 40, "models/x/data.csv": "b" * 40}
    facts = Facts(
        commit="c" * 40,
        committed=1_700_000_000,
        spec_path="models/x/model.yaml",
        files={loaded.spec.data.source: "b" * 40},
        sources=sources,
        taken=(Version(1, 0, 0),),
    )
    rendered = render({**lock, "spec": loaded.spec.canonical()}, DEFAULT, templates)
    outlook = Outlook(make_plan(loaded.spec, facts))
    plan = document(
        Outlooks((outlook,)), basis("0" * 40, [outlook.plan], push=False, everything=True)
    ).model_dump_json()
    return [*lines(outlook), plan, *(a.text for a in rendered)]


def parts(name: str) -> tuple[bytes, dict[str, Any], dict[str, str]]:
    folder = golden.EXAMPLES / name
    lock = json.loads((folder / "release.lock").read_text("utf-8"))
    return (folder / "model.yaml").read_bytes(), lock, dict(builtin())


@pytest.mark.parametrize("name", golden.NAMES)
def test_compiling_a_spec_touches_nothing_outside_and_gives_the_same_again(name: str) -> None:
    given = parts(name)
    warm = compiled(*given)
    with nothing_outside():
        assert compiled(*given) == warm
    assert any("kind: Deployment" in text for text in warm)


def test_reporting_every_mistake_of_a_spec_touches_nothing_outside() -> None:
    content = b"apiVersion: modelspec/v1\nkind: Model\ntask: regresion\ndata: {source: ../x.csv}\n"

    def problems() -> str:
        with pytest.raises(Exception, match=r"model\.yaml:3:7: .*regression") as caught:
            load(content, "model.yaml")
        return str(caught.value)

    warm = problems()
    with nothing_outside():
        assert problems() == warm


@pytest.mark.parametrize(
    "effect",
    [
        lambda: Path(__file__).read_text("utf-8"),
        lambda: Path("/nowhere/at/all").mkdir(),
        lambda: list(Path(__file__).parent.iterdir()),
        lambda: __import__("subprocess").run(["true"], check=True),
        lambda: __import__("socket").create_connection(("127.0.0.1", 9)),
    ],
    ids=["open", "mkdir", "list", "start", "connect"],
)
def test_an_effect_would_be_caught(effect: Callable[[], object]) -> None:
    import socket  # noqa: F401  (the import itself is an effect: it has to be warm)
    import subprocess  # noqa: F401

    with nothing_outside(), pytest.raises(Impure):
        effect()
