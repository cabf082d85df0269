from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from contextlib import redirect_stdout

import pytest

from modelspec.cli.output import PlainReport, clean, left, row
from modelspec.plan.columns import took
from modelspec.plan.plan import Step
from modelspec.plan.records import EvaluateRecord, GateRecord
from modelspec.plan.steps import Rule
from modelspec.stages import evaluate, gate

STEP = Step(Rule("train", 1, (), (), (), EvaluateRecord), "sha256:", "run", "first release")
METRICS = ("accuracy", "precision", "recall", "f1", "roc_auc", "average_precision", "log_loss")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (599, "599 s"), (1020, "17 min")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert took(seconds) == text


def test_rows_with_many_metrics_fit_and_their_seconds_are_aligned() -> None:
    number = {"value": 0.97087, "low": 0.94175, "high": 1.0, "rows": 103}
    record = EvaluateRecord.model_validate(
        {"output": "", "metrics": dict.fromkeys(METRICS, number), "baseline": {}, "predictions": {}}
    )
    lines = row("evaluate", evaluate.summary(record), 0.1).split("\n")
    assert lines[0].endswith("   0.1 s")
    assert len(lines[0]) == len(row("train", "17 epochs, best at 7", 103)) == 78
    assert max(map(len, lines)) < 80
    assert all(f"{name} 0.971 (0.942 to 1)" in "\n".join(lines) for name in METRICS)


def test_gates_of_slices_say_for_how_many_and_which_were_not_judged() -> None:
    by = {"gate": "rmse <= baseline for each sex", "value": 50.0, "bound": 60.0}
    small = {
        **by,
        "slice": "sex = (empty)",
        "outcome": "not judged",
        "note": "1 row, fewer than 30",
    }
    record = GateRecord.model_validate(
        {
            "output": "",
            "verdicts": [
                {"gate": "r2 >= 0.4", "outcome": "passed", "note": "within noise (0.27 to 0.6)"},
                {**by, "slice": "sex = a", "outcome": "passed"},
                {**by, "slice": "sex = b", "outcome": "passed"},
                small,
            ],
        }
    )
    assert gate.summary(record) == (
        "r2 >= 0.4 passed, within noise; rmse <= baseline for each sex passed for 2, "
        "not judged for sex = (empty) (1 row, fewer than 30)"
    )


def test_the_time_that_is_left_counts_from_the_first_epoch() -> None:
    assert left(100.0, 0.1, 100.5, 0.2) == ""
    assert left(100.0, 0.1, 102.0, 0.1) == ""
    assert left(100.0, 0.1, 104.0, 0.5) == ", at most 5.0 s left"


def test_a_log_has_a_title_once_and_a_line_for_each_finished_step() -> None:
    log = io.StringIO()
    report = PlainReport("wine")
    with redirect_stdout(log):
        for _ in range(2):
            report.started(STEP)
            report.progress(STEP, "epoch 1 of 9", 0.1)
            report.finished(STEP, "9 epochs", 1.25)
    line = f"  train     9 epochs{' ' * 52} 1.2 s\n"
    assert log.getvalue() == f"wine\n{line}{line}"


def test_text_of_users_cannot_move_the_cursor() -> None:
    assert clean("a\x1b[2Jb\rc\n") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c\n"


LIVE = """
from tests.cli.test_output import STEP
from modelspec.cli.output import report
live = report("wine")
live.started(STEP)
live.progress(STEP, "epoch 1 of 9, loss 0.5 " + "x" * 200, 0.1)
live._status.refresh() if hasattr(live._status, "refresh") else live._status._live.refresh()
live.finished(STEP, "9 epochs", 1.25)
"""


def test_on_a_terminal_the_moving_line_is_one_line_and_is_gone_in_the_end() -> None:
    shown = on_a_terminal(LIVE)
    moving = [part for part in re.split(r"[\r\n]+", shown) if "epoch 1 of 9" in part]
    assert moving
    assert all(len(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", part)) <= 80 for part in moving)
    assert shown.rstrip().endswith("1.2 s")
    assert "\x1b[2K" in shown  # the line was erased


def on_a_terminal(program: str) -> str:
    """What a program writes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "LINES": "24", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(60) == 0, shown.decode()
    return shown.decode()
