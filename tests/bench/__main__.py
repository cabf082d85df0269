"""`make bench`: what the commands cost, told as multiples of `python -c pass` (P)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).parent.parent.parent
MODELSPEC = Path(sys.executable).with_name("modelspec")
RUNS = 15


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(
        dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    ) as t:
        folder = Path(t)
        released = _released(folder / "released")
        clone = folder / "clone"
        _git(folder, "clone", "--quiet", str(released), str(clone))
        rows: list[tuple[str, Callable[[], float]]] = [
            ("python -c pass (P)", _timed([sys.executable, "-c", "pass"], folder)),
            ("apply, nothing to do", _timed([str(MODELSPEC), "apply"], released)),
            ("plan, nothing to do", _timed([str(MODELSPEC), "plan"], released)),
            ("apply in a fresh clone with its tags", _timed([str(MODELSPEC), "apply"], clone)),
            (
                "render, one model, nothing known",
                _timed([str(MODELSPEC), "render"], clone, cold=True),
            ),
            ("validate, one spec", _timed([str(MODELSPEC), "validate"], released)),
            ("--help", _timed([str(MODELSPEC), "--help"], folder)),
        ]
        # Taken in turn, so that a busy moment of the machine hits all rows alike.
        taken = {name: [] for name, _ in rows}  # type: dict[str, list[float]]
        for _ in range(RUNS):
            for name, run in rows:
                taken[name].append(run())
    bare = median(taken["python -c pass (P)"])
    print(f"{'':<40}{'median':>9}{'fastest':>9}{'slowest':>9}{'x P':>7}")
    for name, seconds in taken.items():
        middle = median(seconds)
        cells = "".join(f"{value:>8.3f}s" for value in (middle, min(seconds), max(seconds)))
        print(f"{name:<40}{cells}{middle / bare:>7.1f}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _released(folder: Path) -> Path:
    """A repository whose one model is released, its tags packed and its files committed."""
    model = folder / "models" / "breast-cancer"
    model.mkdir(parents=True)
    for path in (PROJECT / "examples" / "breast-cancer").glob("*.[cy]*"):
        shutil.copy(path, model)
    bases = PROJECT / ".modelspec" / "bases"
    (folder / ".modelspec").mkdir()
    (folder / ".modelspec" / "bases").symlink_to(bases)
    _git(folder, "init", "--quiet", "-b", "main")
    _git(folder, "add", "models")
    _git(folder, "commit", "--quiet", "-m", "A model")
    subprocess.run([MODELSPEC, "apply"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    _git(folder, "add", "deploy")
    _git(folder, "commit", "--quiet", "-m", "Its files")
    _git(folder, "pack-refs", "--all")
    return folder


def _timed(command: list[str], folder: Path, *, cold: bool = False) -> Callable[[], float]:
    def run() -> float:
        env = dict(os.environ)
        with tempfile.TemporaryDirectory() as empty:
            if cold:
                env["XDG_CACHE_HOME"] = empty
            began = time.perf_counter()
            subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - began

    return run


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


if __name__ == "__main__":
    main()
