"""The entry point: every failure becomes a message and its exit code here."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


def main() -> None:
    """Run the command line, exit with its code."""
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        from modelspec.cli.output import unread

        code = unread()
    sys.exit(code)


def _run(words: list[str]) -> int:
    try:
        from modelspec.cli.unchanged import answered

        if not answered(words):
            _work(words)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        raise
    except BaseException as error:  # noqa: BLE001  (whatever it is, no traceback reaches the user)
        from modelspec.cli.failure import explain

        return explain(error)
    return 0


def _work(words: list[str]) -> None:
    import signal

    from modelspec.cli.plainly import ran

    signal.signal(signal.SIGTERM, _terminated)
    if not ran(words):
        from modelspec.cli.app import app

        app(words)


def _terminated(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
