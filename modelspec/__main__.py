"""The entry point: every failure becomes a message and its exit code here."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType


def main() -> None:
    """Run the command line, exit with its code."""
    signal.signal(signal.SIGTERM, _terminated)
    code = 0
    try:
        from modelspec.cli.unchanged import answered

        if not answered(sys.argv[1:]):
            from modelspec.cli.app import app

            app()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except BaseException as error:  # noqa: BLE001  (whatever it is, no traceback reaches the user)
        from modelspec.cli.failure import explain

        code = explain(error)
    sys.stdout.flush()
    sys.exit(code)


def _terminated(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
