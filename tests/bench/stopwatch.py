"""Runs commands and says what each cost. A process of its own, small and without our imports.

Linux counts the memory of whoever starts a process as the peak of what it starts: started from
a large process, every command would seem to need as much.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> None:
    """One JSON object a line in (`command`, `folder`), one out (`wall`, `cpu`, `peak`, `code`)."""
    for line in sys.stdin:
        wanted = json.loads(line)
        print(json.dumps(_run(wanted["command"], wanted["folder"])), flush=True)


def _run(command: list[str], folder: str) -> dict[str, float]:
    """Seconds on the clock and of all its processes; MiB of the largest of them."""
    os.chdir(folder)
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    began = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=silent)
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - began
    return {
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss / 1024,
        "code": os.waitstatus_to_exitcode(status),
    }


if __name__ == "__main__":
    main()
