"""Structured log lines: one JSON object a line on standard output."""

from __future__ import annotations

import json
from datetime import UTC, datetime


def log(level: str, event: str, **fields: object) -> None:
    """Writes one line. Never given anything that a request carried."""
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"time": time, "level": level, "event": event, **fields}), flush=True)
