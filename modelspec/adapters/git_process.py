"""How git is started: what it may read of its surroundings, and what its failures say."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from modelspec.diagnostics import WorldError

SECONDS = 120.0
NOBODY = b"modelspec <modelspec@localhost>"
NOT_INSTALLED = "git is not installed, or not on PATH: apt-get install git"

# A bare repository committed to this one, a file system monitor and hooks run programs.
_READING = {
    "safe.bareRepository": "explicit",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.fileMode": "false",
}
# The user's own hooks run. Without `fsync` git reports success for refs that a power cut empties.
_WRITING = {"safe.bareRepository": "explicit", "core.fsmonitor": "false", "core.fsync": "all"}
# Which repository is read follows from the folder alone, also below a hook that set these.
_IGNORED = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
_LABEL = re.compile(r"^(fatal|error|remote): (error: )?")
_DISTRUSTED = re.compile(r"dubious ownership in repository at '([^;]*)'")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a git process ended; `error` is what it said on standard error."""

    code: int
    output: bytes
    error: str

    @property
    def complaint(self) -> str:
        """What git, the remote and hooks said, in one line without control characters."""
        lines = [_printable(line) for line in self.error.splitlines()]
        said = [_LABEL.sub("", line) for line in lines if line and not line.startswith("hint:")]
        return "; ".join(dict.fromkeys(said))[:600] or f"git ended with code {self.code}"


def read(folder: Path, *arguments: str, feed: bytes = b"") -> Answer:
    """Run a git command that changes nothing.

    Args:
        folder: where it runs.
        arguments: fixed words, full refs and object ids; never a value of the user that git
            could take for an option.
        feed: its standard input.

    Raises:
        WorldError: if git cannot be started.
    """
    inherited = {k: v for k, v in os.environ.items() if k not in _IGNORED}
    try:
        process = subprocess.run(
            ("git", *arguments),
            cwd=folder,
            env=inherited | _overrides(_READING),
            input=feed,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise WorldError(
            NOT_INSTALLED if folder.is_dir() else f"{folder}: {error.strerror}"
        ) from None
    return Answer(process.returncode, process.stdout, process.stderr.decode("utf-8", "replace"))


def write(
    root: Path,
    *arguments: str,
    feed: bytes = b"",
    seconds: float = SECONDS,
    index: Path | None = None,
) -> Answer:
    """Run a git command that writes, or that talks to a remote; the user's hooks run.

    Nothing in it can ask a person: git and ssh have no terminal, and fail instead.

    Args:
        root: of the repository.
        arguments: as of `read`.
        feed: its standard input.
        seconds: after which it is killed, with what it started; `error` then says so.
        index: instead of that of the work tree.
    """
    from git.cmd import Git

    here = {"GIT_DIR": str(root / ".git"), "GIT_WORK_TREE": str(root), "GIT_NAMESPACE": ""}
    if index:
        here["GIT_INDEX_FILE"] = str(index)
    # GitPython can only add to what is inherited.
    unset = [f"--unset={n}" for n in _IGNORED if n in os.environ and n not in here]
    with tempfile.TemporaryFile() as source:
        source.write(feed)
        source.seek(0)
        started = Git(root).execute(
            ["env", *unset, "git", *arguments] if unset else ["git", *arguments],
            istream=source,
            as_process=True,
            env={**here, "GCM_INTERACTIVE": "never", **_overrides(_WRITING)},
            start_new_session=True,
        )
        process = cast("subprocess.Popen[bytes]", started.proc)
        try:
            output, error = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            return Answer(-signal.SIGKILL, b"", f"no answer within {seconds:g} s")
        except BaseException:
            _kill(process)
            raise
    return Answer(process.returncode, output, error.decode("utf-8", "replace"))


def identity(root: Path, role: Literal["AUTHOR", "COMMITTER"]) -> bytes:
    """Name and address of who works here as git is configured; ours where it is not."""
    who = write(root, "-c", "user.useConfigOnly=true", "var", f"GIT_{role}_IDENT")
    return who.output.rsplit(b" ", 2)[0] if who.code == 0 else NOBODY


def refusal(start: Path, answer: Answer) -> WorldError:
    """Why a folder's repository cannot be used, and what to do about it."""
    said = answer.complaint
    if distrusted := _DISTRUSTED.search(said):
        return WorldError(
            f"git does not trust {distrusted[1]}, which belongs to another user: if you do, "
            f"git config --global --add safe.directory {shlex.quote(distrusted[1])}"
        )
    if "bare repository" in said or "must be run in a work tree" in said:
        return WorldError(f"{start} is a bare repository, without files: git clone it, work there")
    if "not a git repository" in said:
        return WorldError(f"{start} is not in a git repository: git init, add, commit, then again")
    return WorldError(f"git cannot open the repository of {start}: {said}")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads its session, and all it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=5)


def _overrides(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings behind those that the environment already has, so that ours hold."""
    given = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdecimal() else 0
    made = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (name, value) in enumerate(settings.items(), first):
        made[f"GIT_CONFIG_KEY_{number}"] = name
        made[f"GIT_CONFIG_VALUE_{number}"] = value
    return {
        **made,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
        "LANGUAGE": "C",
    }


def _printable(line: str) -> str:
    return "".join(c for c in line if c.isprintable()).strip()
