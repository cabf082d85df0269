"""The house rules that a test can hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from modelspec.serving.contract import MODEL_FILES

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "modelspec"
LONGEST = 300
ROOMS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))


def sources() -> list[Path]:
    """Every Python file that is ours."""
    folders = ("modelspec", "tests", "examples", ".ci")
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_no_module_is_longer_than_300_lines() -> None:
    found = {str(path.relative_to(ROOT)): lines_of(path) for path in sources()}
    assert len(found) > 100
    assert {path: lines for path, lines in found.items() if lines > LONGEST} == {}


def test_each_room_says_in_one_sentence_what_it_is_for() -> None:
    assert len(ROOMS) >= 10
    for room in ROOMS:
        text = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))
        assert text, room
        assert text.endswith("."), room
        assert "\n" not in text, room
        assert len(text.split()) >= 5, room


def test_the_map_names_every_room_and_every_file_that_it_names_exists() -> None:
    text = (PACKAGE / "README.md").read_text("utf-8")
    assert {room.name for room in ROOMS} <= set(re.findall(r"`(\w+)/`", text))
    named = set(re.findall(r"`(\w+/\w+\.py)`", text)) | {
        f"stages/{name}" for name in re.findall(r"-> `(\w+\.py)`", text)
    }
    assert len(named) > 15
    assert {name for name in named if not (PACKAGE / name).is_file()} == set()


def test_imports_go_down_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_no_module_imports_itself_in_a_loop() -> None:
    graph = grimp.build_graph("modelspec", exclude_type_checking_imports=True, cache_dir=None)
    found = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(found) > 100
    order = list(TopologicalSorter(found).static_order())  # raises on a loop
    assert order.index("modelspec.spec.load") < order.index("modelspec.cli.validate")


ACTION = [f".github/actions/modelspec/{name}.txt" for name in ("plan", "apply")]
LOCKS = [f"modelspec/serving/requirements-{runtime}.txt" for runtime in MODEL_FILES]


@pytest.mark.parametrize("name", ["requirements.txt", *ACTION, *LOCKS])
def test_requirements_are_pinned_with_hashes_and_name_no_index(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    assert not re.search(
        r"^\s*-(i|f|e|-(extra-)?index-url|-find-links|-trusted)", text, re.MULTILINE
    )
    pins = pins_of(text)
    assert len(pins) >= 5
    for package, (version, hashes) in pins.items():
        assert re.fullmatch(r"[0-9][0-9a-z.]*", version), package
        assert hashes, package
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), package


@pytest.mark.parametrize("name", LOCKS)
def test_the_image_gets_the_versions_that_the_tests_run_with(name: str) -> None:
    ours = pins_of((ROOT / "requirements.txt").read_text("utf-8"))
    image = pins_of((ROOT / name).read_text("utf-8"))
    served = {"granian", "msgspec", "numpy", "prometheus-client", "uvloop"}
    assert served <= {package for package, _ in image}
    assert image == {pin: ours.get(pin) for pin in image}


@pytest.mark.parametrize("name", ACTION)
def test_the_action_installs_what_the_tests_run_with(name: str) -> None:
    ours = pins_of((ROOT / "requirements.txt").read_text("utf-8"))
    known = {(package, *pin) for (package, _), pin in ours.items()}
    installed = pins_of((ROOT / name).read_text("utf-8"))
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = [*declared["project"]["dependencies"], *declared["build-system"]["requires"]]
    if name.endswith("apply.txt"):
        needed += declared["project"]["optional-dependencies"]["train"]
        needed = [one for one in needed if not one.startswith("tensorflow>")]
    names = {re.split(r"[\[<>=;]", one)[0].strip().lower() for one in needed}
    assert names <= {package for package, _ in installed}
    assert {(package, *pin) for (package, _), pin in installed.items()} <= known


def pins_of(text: str) -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    """Package and marker to version and hashes; every line that is no comment has to be a pin."""
    pins = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line.partition("#")[0].strip():
            continue
        pin, *options = re.split(r"\s+--", line.strip())
        match = re.fullmatch(r"([a-z0-9-]+)==(\S+)(?:\s*;\s*(.+))?", pin)
        assert match, line
        assert all(option.startswith("hash=") for option in options), line
        hashes = frozenset(option.removeprefix("hash=") for option in options)
        assert (match[1], match[3] or "") not in pins, line
        pins[match[1], match[3] or ""] = match[2], hashes
    return pins
