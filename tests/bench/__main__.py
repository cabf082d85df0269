"""`make bench`: what the commands cost, told as multiples of `python -c pass` (P).

Words choose rows: `python -m tests.bench cold` measures those whose name has the word.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.bench import peers, rows, table
from tests.bench.measure import measured

ROUNDS = 15
MEMORY_DISK = Path("/dev/shm")
# Modules are compiled, as those of an installed tool are.
VARIABLES = {"PYTHONDONTWRITEBYTECODE": ""}


def main() -> None:
    """Build the trees, run the rows, print the table."""
    where = MEMORY_DISK if os.access(MEMORY_DISK, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as name:
        folder = Path(name)
        wanted = [*rows.rows(folder), *peers.rows(folder)]
        words = sys.argv[1:]
        chosen = [
            row
            for row in wanted
            if row.name == rows.BARE or not words or any(w in row.name for w in words)
        ]
        costs = measured(chosen, ROUNDS, VARIABLES | {"XDG_CACHE_HOME": str(folder / "user")})
    print("\n".join(table.lines(chosen, costs)))
    if where is None:
        print(f"not measured in memory: {MEMORY_DISK} cannot be written, and disks are slower")


if __name__ == "__main__":
    main()
