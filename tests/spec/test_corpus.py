"""Every bad file there is, in one process with little memory: each is answered, and in time.

In a process of its own also because libyaml could take this one with it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import InputError
from modelspec.spec.load import load
from tests.spec.examples import FULL
from tests.spec.test_gallery import CASES, FOLDER, problems_of
from tests.spec.test_limits import LARGE
from tests.spec.test_source import HOSTILE

MEGABYTES = 200
SECONDS = 1.0


def answers() -> dict[str, tuple[int, float]]:
    """Every file of the corpus: how many problems it has, and how long it took to tell them."""
    found: dict[str, tuple[int, float]] = {}
    for case in CASES:
        began = time.process_time()
        count = len(problems_of(case).diagnostics)
        found[case] = count, time.process_time() - began
    others = {**HOSTILE, **{name: text.encode() for name, text in LARGE.items()}}
    for name, content in others.items():
        began, count = time.process_time(), 0
        try:
            load(content, "model.yaml")
        except InputError as error:
            count = len(error.diagnostics)
        found[name] = count, time.process_time() - began
    return found


def test_150_bad_files_are_answered_in_a_second_and_200_megabytes_with_all_their_errors() -> None:
    code = (
        "import json, resource, sys\n"
        "from tests.spec.test_corpus import MEGABYTES, answers\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (MEGABYTES * 2**20, MEGABYTES * 2**20))\n"
        "found = answers()\n"
        # What resource.getrusage tells is at least what the process had that started this one.
        "peak = open('/proc/self/status').read().partition('VmHWM:')[2].split()[0]\n"
        "json.dump([found, int(peak)], sys.stdout)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=FOLDER.parents[1],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
    )
    found: dict[str, tuple[int, float]]
    found, kilobytes = json.loads(done.stdout)
    assert len(CASES) >= 150
    assert len(found) == len(CASES) + len(HOSTILE) + len(LARGE)
    assert {name: took for name, (_, took) in found.items() if took >= SECONDS} == {}
    assert all(count > 0 for count, _ in found.values())
    assert kilobytes < MEGABYTES * 1024
    for case in CASES:
        told = (FOLDER / f"{case}.txt").read_text("utf-8").rstrip("\n").split("\n\n")
        assert found[case][0] == len(told), case


# Each is wrong in one line of its own, and none has to do with another.
MISTAKES: dict[str, str] = {
    "name: churn": "name: Churn",
    "owner: growth-ml": "ownr: growth-ml",
    "test: 25%": "test: 0.25",
    "tenure_months: number": "tenure_months: numbr",
    "missing: median": "missing: medan",
    "missing: own_category": "missing: own",
    "layers: [64, 32, 16]": "layers: [64, 0, 16]",
    "dropout: 0.2": "dropout: 1.2",
    "epochs: 60": 'epochs: "60"',
    "batch_size: 256": "batchsize: 256",
    "learning_rate: 1e-2": "learning_rate: ten",
    "f1, roc_auc]": "f1, roc_acu]",
    "maximize: f1": "maximise: f1",
    "roc_auc >= 0.850": "roc_auc <= 0.850",
    "log_loss <= 0.9 * baseline": "log_loss <= baseline * 0.9",
    "latency_p99 <= 5ms": "latency_p99 <= 5",
    "base: python:3.11-slim-bookworm": "base: Python:3.11 slim",
    "cpu: 1,": "cpu: 1 core,",
    "latency_p99: 2.5ms": "latency_p99: 3ms",
}


def told(text: str) -> set[str]:
    with pytest.raises(InputError) as caught:
        load(text.encode(), "m.yaml")
    return {f"{d.location}: {d.message} ({d.hint})" for d in caught.value.diagnostics}


def with_mistakes(mistakes: Any) -> str:
    text = FULL
    for right in sorted(mistakes):
        assert text.count(right) == 1, right
        text = text.replace(right, MISTAKES[right])
    return text


@given(st.sets(st.sampled_from(sorted(MISTAKES)), min_size=2))
def test_all_mistakes_are_told_in_one_run(mistakes: set[str]) -> None:
    alone = {right: told(with_mistakes([right])) for right in mistakes}
    assert told(with_mistakes(mistakes)) == set().union(*alone.values())
