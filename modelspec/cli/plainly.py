"""Commands in their plainest form, run without typer: importing and running it costs 7 P.

P is what a bare interpreter costs. Whatever has options, is misspelled or asks for help is left
to `cli/app.py`.
"""

from __future__ import annotations

from collections.abc import Sequence


def ran(arguments: Sequence[str]) -> bool:
    """Run a command, if it is one of these forms. Raises what the command raises.

    Args:
        arguments: of the command line, without the program.
    """
    match arguments:
        case ["render"] | ["render", "--check"]:
            from modelspec.cli import rendering
            from modelspec.stages.select import ALL

            rendering.run(ALL, check=len(arguments) == 2, force=False)
        case ["validate", *words] if not _options(words):
            from modelspec.cli import output, validating
            from modelspec.stages.select import Selection

            output.warn_of_slow_parser()
            validating.run(Selection(tuple(words)))
        case ["plan", *words] if not _options(words):
            from modelspec.cli import output, planning
            from modelspec.stages.select import Selection

            output.warn_of_slow_parser()
            planning.run(Selection(tuple(words)), planning.Ways())
        case _:
            return False
    return True


def _options(words: Sequence[str]) -> bool:
    return any(word.startswith("-") for word in words)
