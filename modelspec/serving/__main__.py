"""`python -m serving`: what the image runs. Options come from the environment.

MODELSPEC_MODEL_DIR: the model folder (`../model` beside this package if not set),
MODELSPEC_HOST and MODELSPEC_PORT: where to listen (0.0.0.0 and 8501),
MODELSPEC_GRPC_PORT: where to listen for gRPC (8500), or 0 for none,
MODELSPEC_TOKEN_FILE: what callers have to show, for all but health and metrics,
MODELSPEC_FEEDBACK_TOKEN_FILE: what those who send labels have to show.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

# Set before NumPy is imported: its thread pool would only cost memory here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from .contract import (
    ENV_GRPC_PORT,
    ENV_HOST,
    ENV_MODEL_DIR,
    ENV_PORT,
    GRPC_PORT,
    HOST,
    PORT,
)


def main() -> int:
    """Serves until SIGTERM; returns the exit code."""
    # As PID 1 a process has no default handlers, and importing takes a moment. Nothing is to
    # be tidied up yet, and an exception could get lost in somebody else's import.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    folder = os.environ.get(ENV_MODEL_DIR) or Path(__file__).resolve().parents[1] / "model"
    host = os.environ.get(ENV_HOST) or HOST
    try:
        port = _port(ENV_PORT, PORT)
        grpc_port = 0 if os.environ.get(ENV_GRPC_PORT) == "0" else _port(ENV_GRPC_PORT, GRPC_PORT)
    except ValueError as error:
        return _refuse(str(error))

    import uvloop

    from .bundle import BundleError
    from .mounts import MountError
    from .server import ListenError, serve

    async def run() -> None:
        await serve(Path(folder), host, port, grpc_port)
        # A thread of the HTTP server can outlive it, and aborts the process if it meets an
        # interpreter that is being taken down. There is nothing left to take down.
        os._exit(0)

    try:
        uvloop.run(run())
    except (BundleError, ListenError, MountError) as error:
        return _refuse(str(error))
    return 0


def _port(variable: str, default: int) -> int:
    port = os.environ.get(variable) or str(default)
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= 65535):
        raise ValueError(f"{variable} is not a port number")
    return int(port)


def _refuse(reason: str) -> int:
    print(f"serving: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
