"""Each target with hypothesis, with what once failed, and with atheris."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.serving.contract import DURATION_BUCKETS
from modelspec.spec.model import ModelSpec
from tests.fuzz import TARGETS, answer, gate, load, lock, release, template
from tests.spec.test_canonical import canonicals

HERE = Path(__file__).parent
FINDINGS = sorted(path for path in HERE.glob("findings/*/*") if path.is_file())
BROKEN = """
import sys
from tests.fuzz import __main__ as fuzz, {target} as target

def check(data):
    assert b"champion" not in data

target.check = check
sys.argv[1:] = ["{target}", "--seconds", "60"]
fuzz.main()
"""


def atheris(*words: str, timeout: int) -> subprocess.CompletedProcess[str]:
    """A process of its own: a crash must not take the tests with it.

    It is started by a shell: libFuzzer limits the peak of its memory, and Linux counts towards
    it the memory of whoever started the process, which is that of all tests before.
    """
    return subprocess.run(
        ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, *words],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=timeout,
    )


def damaged(seeds: list[bytes], *words: str) -> st.SearchStrategy[bytes]:
    """A seed with some parts taken out, and text or a word put in."""
    new = st.text(max_size=6).map(str.encode) | st.sampled_from([w.encode() for w in words])
    edits = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 8), new), max_size=4)

    def edited(seed: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
        for at, length, text in changes:
            place = at % (len(seed) + 1)
            seed = seed[:place] + text + seed[place + length :]
        return seed

    return st.builds(edited, st.sampled_from(seeds), edits) | st.binary(max_size=100)


@given(damaged(load.SEEDS, "[", "{", ": ", "\n", "  ", "- ", "'", '"', "&a ", "*a", "|\n", "\t"))
def test_any_bytes_are_a_spec_or_problems_with_places(data: bytes) -> None:
    answer(load.check, data)


@given(damaged(gate.SEEDS, " for each ", " for class ", '"', " = ", "% ", " * baseline", "1e9"))
def test_any_text_is_a_gate_or_what_is_wrong_with_it(data: bytes) -> None:
    answer(gate.check, data)


@given(damaged(lock.SEEDS, "{", "}", '"', ",", ": ", "\n<<<<<<< HEAD\n", "null", "[]", "1e5"))
def test_any_bytes_are_a_lock_or_problems_with_places(data: bytes) -> None:
    answer(lock.check, data)


@given(damaged(template.SEEDS, "{{ ", " }}", "{% for x in y %}", "| block", "['", "(", "\x00"))
def test_any_template_is_text_or_refused_with_its_line(data: bytes) -> None:
    answer(template.check, data)


@given(damaged(release.SEEDS, "'", '"', ": ", "{{ x }}", "\\n", "no", "1e5"))
def test_any_spec_that_was_damaged_and_is_valid_renders(data: bytes) -> None:
    answer(release.check, data)


@given(canonicals(), st.sampled_from(DURATION_BUCKETS))
def test_any_valid_spec_renders(canonical: dict[str, Any], latency: float) -> None:
    canonical["monitor"]["slo"]["latency_p99"] = f"{latency * 1000:g}ms"
    release.check_spec(ModelSpec.from_canonical(canonical))


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_failed_is_answered(path: Path) -> None:
    answer(importlib.import_module(f"tests.fuzz.{path.parent.name}").check, path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_atheris_finds_nothing_in_some_seconds(target: str) -> None:
    run(target, 2)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("target", TARGETS)
def test_atheris_finds_nothing_in_ten_minutes(target: str) -> None:
    run(target, 600)


def run(target: str, seconds: int) -> None:
    done = atheris(
        "-m", "tests.fuzz", target, "--seconds", str(seconds), "--seed", "1", timeout=seconds + 120
    )
    assert done.returncode == 0, done.stderr[-4000:]
    runs = re.search(r"Done (\d+) runs", done.stderr)
    assert runs
    assert int(runs[1]) > 50 * seconds


def test_atheris_finds_what_is_wrong_and_says_where_it_keeps_it() -> None:
    done = atheris("-c", BROKEN.format(target="gate"), timeout=120)
    assert done.returncode != 0
    kept = re.search(r"Test unit written to (\S+)", done.stderr)
    assert kept, done.stderr[-2000:]
    assert b"champion" in Path(kept[1]).read_bytes()
    Path(kept[1]).unlink()
