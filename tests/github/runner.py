"""As much of a runner of GitHub Actions as our workflows ask for.

Each `run:` is executed by the very command that a runner uses, with the files through which steps
talk to it. What others publish is done in its place: a checkout by git, Python by a virtual
environment that finds the packages of this one, a cache by copying.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github/workflows/modelspec.yml"
FILES = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_CONTEXT = re.compile(r"\b(github|inputs|secrets|steps|runner)((?:\.[\w-]+)+)")
_WORDS = {"&&": " and ", "||": " or ", "true": "True", "false": "False"}


class Missing(AssertionError):
    """A workflow reads what this run does not have."""


@dataclass
class Step:
    """What came of a step."""

    name: str
    code: int
    output: str
    environment: Mapping[str, str]


@dataclass
class Job:
    """One job on a machine of its own.

    Attributes:
        folder: of the machine.
        remote: URL that the repository is cloned from.
        token: of the run; the remote wants it.
        event: the payload, with `name` and `ref` of the event beside it.
        sha: that is checked out.
        secrets: of the caller; None: to read one is a failure.
        cache: a folder that outlives the job.
        bases: archives of base images, instead of a registry that has them.
    """

    folder: Path
    remote: str
    token: str
    event: dict[str, Any]
    sha: str
    environment: Mapping[str, str]
    inputs: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] | None = None
    cache: Path | None = None
    bases: Path | None = None
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workspace = self.folder / "work"
        self.temp = self.folder / "temp"
        for path in (self.workspace, self.temp, self.folder / "home"):
            path.mkdir(parents=True)
        self.more: dict[str, str] = {}
        self.path: list[str] = []
        self.outputs: dict[str, Any] = {}

    @property
    def summary(self) -> str:
        path = self.temp / "GITHUB_STEP_SUMMARY"
        return path.read_text("utf-8") if path.exists() else ""

    @property
    def log(self) -> str:
        return "".join(step.output for step in self.steps)

    @property
    def failed(self) -> list[str]:
        return [step.name for step in self.steps if step.code]

    def wants(self, name: str) -> bool:
        """Whether the condition of a job of the reusable workflow lets it run."""
        return bool(self.value(parsed(WORKFLOW)["jobs"][name]["if"]))

    def run(self, name: str) -> bool:
        """Run the steps of a job of the reusable workflow, if its condition lets it."""
        workflow = parsed(WORKFLOW)
        declared = workflow["on"]["workflow_call"]["inputs"]
        given = {key: self._default(one) for key, one in declared.items()}
        self.inputs = {**given, **self.inputs}
        if not self.wants(name):
            return False
        self._all(workflow["jobs"][name]["steps"], self.inputs)
        return True

    def _default(self, declared: Mapping[str, str]) -> Any:
        text = declared["default"]
        return text == "true" if declared["type"] == "boolean" else text

    def _all(self, steps: list[dict[str, Any]], inputs: dict[str, Any], action: str = "") -> None:
        for step in steps:
            condition = step.get("if", "success()")
            failed = bool(self.failed)
            if failed and "always()" not in condition:
                continue
            if not self.value(condition, inputs, action):
                continue
            name = step.get("name") or step.get("uses") or "run"
            with_ = {k: self.text(v, inputs, action) for k, v in step.get("with", {}).items()}
            if "uses" in step:
                self._use(step["uses"], name, with_)
            else:
                values = {k: self.text(v, inputs, action) for k, v in step.get("env", {}).items()}
                self._shell(name, step["run"], values, step.get("id"))

    def _use(self, uses: str, name: str, given: dict[str, str]) -> None:
        if uses.startswith("$/"):
            folder = ROOT / uses.removeprefix("$/")
            action = parsed(folder / "action.yml")
            inputs = {key: one.get("default", "") for key, one in action["inputs"].items()}
            assert given.keys() <= inputs.keys()
            self._all(action["runs"]["steps"], {**inputs, **given}, str(folder))
            return
        known = {
            "actions/checkout": self._checkout,
            "actions/setup-python": self._python,
            "actions/cache/restore": self._restore,
            "actions/cache/save": self._save,
        }
        known[uses.partition("@")[0]](given)
        self.steps.append(Step(name, 0, "", {}))

    def _checkout(self, given: dict[str, str]) -> None:
        """The commit, detached or on its branch as the action leaves it, and no credentials."""
        assert given["persist-credentials"] == "false"
        assert given["fetch-depth"] == "0"
        header = f"http.extraheader=Authorization: Bearer {self.token}"
        git = ("git", "-c", header)
        branch = self.event["ref"].removeprefix("refs/heads/")
        on_branch = branch != self.event["ref"]
        for words in (
            ("git", "init", "-q", "-b", "main", "."),
            ("git", "remote", "add", "origin", self.remote),
            (*git, "fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*"),
            (*git, "fetch", "-q", "origin", "+refs/tags/*:refs/tags/*", self.sha),
            ("git", "checkout", "-q", "--force", *(("-B", branch) if on_branch else ()), self.sha),
        ):
            subprocess.run(
                words, cwd=self.workspace, env={**self.environment}, check=True, timeout=60
            )

        if self.bases:
            (self.workspace / ".modelspec").mkdir()
            (self.workspace / ".modelspec" / "bases").symlink_to(self.bases.resolve())

    def _python(self, given: dict[str, str]) -> None:
        """A Python whose packages are those of this one, and what is installed into it."""
        assert given == {"python-version": f"{sys.version_info.major}.{sys.version_info.minor}"}
        folder = self.folder / "python"
        venv.create(folder)
        inside = folder / "lib" / f"python{given['python-version']}" / "site-packages"
        (inside / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
        pip = folder / "bin" / "pip"
        pip.write_text(f'#!/bin/sh\nexec {folder}/bin/python -P -m pip "$@"\n')
        pip.chmod(0o755)
        self.path.insert(0, str(folder / "bin"))

    def _restore(self, given: dict[str, str]) -> None:
        kept = self.cache / "kept" if self.cache else None
        if kept and kept.exists():
            shutil.copytree(kept, self.workspace / given["path"], symlinks=True)

    def _save(self, given: dict[str, str]) -> None:
        found = self.workspace / given["path"]
        if self.cache and found.exists():
            shutil.copytree(found, self.cache / "kept", dirs_exist_ok=True)

    def _shell(self, name: str, script: str, values: dict[str, str], key: str | None) -> None:
        file = self.temp / f"{len(self.steps)}.sh"
        file.write_text(script)
        environment = {
            **self.environment,
            "HOME": str(self.folder / "home"),
            "PATH": os.pathsep.join((*self.path, self.environment["PATH"])),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_EVENT_NAME": self.event["name"],
            "GITHUB_REF": self.event["ref"],
            "GITHUB_SHA": self.sha,
            "RUNNER_TEMP": str(self.temp),
            **{name: str(self.temp / name) for name in FILES},
            **self.more,
            **values,
        }
        (self.temp / "GITHUB_OUTPUT").write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)],
            cwd=self.workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        self.steps.append(Step(name, done.returncode, done.stdout, environment))
        self.more |= dict(pairs(self.temp / "GITHUB_ENV"))
        if key:
            self.outputs[key] = {"outputs": dict(pairs(self.temp / "GITHUB_OUTPUT"))}

    def text(self, value: str, inputs: Mapping[str, Any], action: str = "") -> str:
        """A value with its expressions replaced, as text."""

        def replaced(match: re.Match[str]) -> str:
            found = self.value(match[1], inputs, action)
            return str(found).lower() if isinstance(found, bool) else str(found)

        return _EXPRESSION.sub(replaced, value)

    def value(self, source: str, inputs: Mapping[str, Any] | None = None, action: str = "") -> Any:
        """What an expression stands for; of the language only what our files use."""
        github = {
            **self.event,
            "event_name": self.event["name"],
            "event": self.event,
            "token": self.token,
            "server_url": self.remote.rpartition("/owner/")[0],
            "action_path": action,
            "run_id": "1",
            "run_attempt": "1",
        }
        given = self.inputs if inputs is None else inputs
        contexts = {"github": github, "inputs": given, "steps": self.outputs, "runner": {}}

        def looked_up(match: re.Match[str]) -> str:
            names = match[2][1:].split(".")
            if match[1] == "secrets":
                if self.secrets is None:
                    raise Missing(f"a secret is read: {match[0]}")
                return json.dumps(self.secrets.get(names[0], ""))
            found: Any = contexts[match[1]]
            for name in names:
                if name not in found:
                    raise Missing(f"there is no {match[0]}")
                found = found[name]
            return repr(found)

        text = _CONTEXT.sub(looked_up, source)
        for theirs, ours in _WORDS.items():
            text = re.sub(rf"\b{theirs}\b" if theirs.isalpha() else re.escape(theirs), ours, text)
        functions = {"always": lambda: True, "success": lambda: not self.failed, "format": filled}
        return eval(text, {"__builtins__": {}}, functions)  # noqa: S307  (our own files)


def parsed(path: Path) -> Any:
    """A file with all scalars as text, so that the key `on` stays one."""
    return yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506  (makes text alone)


def filled(template: str, *values: str) -> str:
    """`format` of expressions: it counts from 0, as Python's does."""
    return template.format(*values)


def pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Names and values that a step has written for later ones."""
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        name, _, value = line.partition("=")
        yield name, value
