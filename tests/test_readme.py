"""The README is true: its commands are run in order, and answer what it shows.

`UPDATE_GOLDEN=1` writes the answers anew; read the difference before it is committed.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from docker.errors import ImageNotFound

from modelspec.adapters import base
from modelspec.adapters.engine import NoEngine, connect
from modelspec.adapters.running import free_port
from modelspec.cli.app import COMMANDS, app
from modelspec.serving import contract
from modelspec.spec.environment import load_environment
from modelspec.spec.load import load
from modelspec.spec.overrides import overridden
from tests import golden
from tests.adapters.images.parts import BASE, missing
from tests.released import ENVIRONMENT

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
FIRST = contract.FEATURE_BIN_ROWS  # of the metrics of live rows
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
VOLATILE = {
    r" +[0-9.]+ (s|min)$": "",
    r"\n {12}(?=\S)": " ",  # where a long line is folded depends on its numbers
    r"\([0-9.]+ s\)|ready in [0-9.]+ s|p99 [0-9.]+ ms": "(time)",
    r"\bsha-[0-9a-f]{12}\b|(?<= on )[0-9a-f]{7}$": "(id)",
    # Processors of another kind train another model; the gates hold for it too.
    r"[0-9.]+ \([0-9.]+ to [0-9.]+\)|loss [0-9.]+|(?<=Keras to )\de-\d+": "(value)",
    r", within noise": "",
    r"\d+ epochs, best at \d+": "(epochs)",
    r'(?<="probability":)[0-9.]+': "(value)",
    r"\d+ MB over": "(size) over",
}


class Shell:
    """One bash for all commands, so that `cd` lasts. The README's port stands for a free one."""

    def __init__(self, folder: Path) -> None:
        self.port = str(free_port())
        self._servers: list[subprocess.Popen[str]] = []
        self._bash = self._start(["bash", "--norc"], folder)

    def __call__(self, command: str) -> str:
        """What a command prints."""
        if command.startswith("modelspec serve"):
            return self._serve(f"{command} --port {self.port}").replace(self.port, "8501")
        assert self._bash.stdin
        assert self._bash.stdout
        self._bash.stdin.write(f"{command.replace('8501', self.port)}\necho; echo '<<<'\n")
        self._bash.stdin.flush()
        said = "".join(iter(self._bash.stdout.readline, "<<<\n")).replace(self.port, "8501")
        return said.removesuffix("\n") if said.endswith("\n\n") or said == "\n" else said

    def close(self) -> None:
        for process in (*self._servers, self._bash):
            process.terminate()
            process.communicate(timeout=30)

    def _serve(self, command: str) -> str:
        """Start what does not end by itself; returns its first two lines, once it answers."""
        server = self._start(["bash", "-c", f"exec {command}"], Path(self("pwd").strip()))
        self._servers.append(server)
        assert server.stdout
        first = server.stdout.readline() + server.stdout.readline()
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
            except OSError:
                assert server.poll() is None, first
                time.sleep(0.1)
            else:
                return first
        pytest.fail(f"{command} does not get ready")

    @staticmethod
    def _start(command: list[str], folder: Path) -> subprocess.Popen[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**ENVIRONMENT, "PATH": path, "COLUMNS": "80", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell beside a clone, on a machine with an engine and a base image."""
    try:
        engine = connect()
    except NoEngine as error:
        missing(str(error))
    archive = ROOT / ".modelspec" / "bases" / base.file_name(BASE)
    if engine.inspect(BASE) is None and not archive.is_file():
        missing(f"the base image {BASE}")
    (tmp_path / "modelspec").symlink_to(ROOT)
    kept = tmp_path / "cells" / ".modelspec"
    kept.mkdir(parents=True)
    (kept / ".gitignore").write_text("*\n")
    (kept / "bases").symlink_to(archive.parent)
    opened = Shell(tmp_path)
    yield opened
    opened.close()
    for lock in tmp_path.glob("cells/deploy/default/*/release.lock"):
        tag = json.loads(lock.read_text("utf-8"))["record"]["image"]["tag"]
        with suppress(ImageNotFound):
            engine.client.images.remove(tag, force=True)
    engine.close()


def answered(block: str, run: Callable[[str], str]) -> str:
    """A block of the README with what its commands really print."""
    commands = re.findall(r"^\$ (.*)$", block, re.MULTILINE)
    return "".join(f"$ {command}\n{run(command)}" for command in commands)


def steady(text: str) -> str:
    """Without what differs from run to run and from machine to machine."""
    for pattern, stands_for in VOLATILE.items():
        text = re.sub(pattern, stands_for, text, flags=re.MULTILINE)
    return text


def test_the_commands_of_the_readme_answer_what_it_shows(shell: Shell) -> None:
    old = README.read_text("utf-8")
    new = BLOCK.sub(lambda block: answered(block[0], shell), old)
    if os.environ.get("UPDATE_GOLDEN") and steady(new) != steady(old):
        README.write_text(new, "utf-8")
    shown, real = (steady(text).splitlines() for text in (README.read_text("utf-8"), new))
    difference = "\n".join(difflib.unified_diff(shown, real, "README.md", "real", lineterm=""))
    assert not difference, difference


def test_the_readme_shows_the_spec_of_the_example_and_every_command() -> None:
    text = README.read_text("utf-8")
    spec = re.search(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert spec
    example = golden.EXAMPLES / "breast-cancer" / "model.yaml"
    assert spec[1] == example.read_text("utf-8")
    assert load(spec[1].encode(), "README.md").spec.metadata.name == "breast-cancer"
    environment = re.search(r"^```yaml\n([^`]*Environment.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert environment
    loaded = load_environment(environment[1].encode(), "environments/prod.yaml")
    assert overridden(load(spec[1].encode(), "README.md").spec, loaded).deploy.replicas.min == 3
    listed = re.findall(r"^\| `modelspec (\w+)", text, re.MULTILINE)
    groups = [group.name for group in app.registered_groups]
    assert listed == [*(command.__name__ for command in COMMANDS), *groups]


def test_the_page_on_statistics_names_every_metric_and_shows_specs_that_are_right() -> None:
    text = (ROOT / "docs" / "statistics.md").read_text("utf-8")
    counted = {*contract.FEEDBACK_METRICS, *contract.METRICS[contract.METRICS.index(FIRST) :]}
    squared = contract.FEEDBACK_SQUARED_ERROR
    named = set(re.findall(r"`(modelspec_\w+)`", text)) | {squared}
    assert named == counted | {contract.NAN_OUTPUTS}
    spec = golden.EXAMPLES / "breast-cancer" / "model.yaml"
    for snippet in re.findall(
        r"^```yaml\n(serve.*?|monitor.*?)^```$", text, re.MULTILINE | re.DOTALL
    ):
        both = snippet if snippet.startswith("serve") else f"serve: {{feedback: true}}\n{snippet}"
        load(f"{spec.read_text('utf-8')}{both}".encode(), "docs/statistics.md")


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/plan.md",
        "docs/statistics.md",
        "modelspec/README.md",
        "templates/README.md",
        ".github/CONTRIBUTING.md",
    ]
    + [f"examples/{name}/README.md" for name in golden.NAMES],
)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text("utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not ((ROOT / page).parent / link).exists()] == []
