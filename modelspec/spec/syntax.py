"""What is wrong with text that is not YAML, in words of our own."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

_QUOTE_ALL = "put quotes around all of it, or around nothing"
_CONTINUES = "this line continues the text above it, so that a colon is not expected"
_CHECK_INDENT = "indent it like its siblings, or look for a missing colon in the line above"
_CLOSE = "close it, or quote the text if the bracket belongs to it"

_MISPLACED = ("expected key", "<block end>", "'-' indicator")

# Words of PyYAML's two parsers; what to say; what to do; whether the place is where the open
# construct began rather than where the parser gave up.
_MEANINGS: tuple[tuple[tuple[str, ...], str, str, bool], ...] = (
    (
        ("mapping values are not allowed",),
        "a colon is not expected here",
        "quote the text if the colon belongs to it, else check the indentation",
        False,
    ),
    (("nesting", "max depth", "depth level"), "nesting is too deep", "", False),
    (
        ("could not find expected ':'",),
        "a key without a colon",
        "write it as `key: value`, and the space after the colon",
        True,
    ),
    (
        ("unexpected end of stream", "unexpected document indicator"),
        "this quoted text is never closed",
        "add the closing quote",
        True,
    ),
    (("',' or ']'",), "this list is not closed where it should be", _CLOSE, True),
    (("',' or '}'",), "this mapping is not closed where it should be", _CLOSE, True),
    (
        _MISPLACED,
        "this line does not belong to what is above it",
        "keys of one mapping begin in one column, and so do the `-` of one list",
        False,
    ),
    (
        ("sequence entries are not allowed", "mapping keys are not allowed"),
        "a list or mapping cannot begin here",
        "begin it on a line of its own, indented",
        False,
    ),
    (
        ("unknown escape character", "escape", "hexadecimal", "hexdecimal"),
        "an escape in double quotes that YAML does not know",
        "use single quotes, in which a backslash is only a backslash",
        False,
    ),
    (
        ("alphabetic or numeric character", "alphanumeric", "scanning an alias"),
        "text cannot begin with & or *",
        "put the text in quotes",
        True,
    ),
    (("directive",), "directives (lines that begin with %) are not allowed", "", True),
    (("tag",), "tags (`!...`) are not allowed", "put the text in quotes", True),
    (("node content",), "a value is missing or cannot begin like this", "", False),
    (
        ("block scalar", "indentation", "comment or line break"),
        "the header of this block of text is wrong",
        "write `|` or `>` alone, and the text indented below it",
        False,
    ),
)


def explain(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> tuple[str, str, int, int]:
    """Message, hint, and line and column (from 0) of an error of PyYAML's parsers."""
    problem = str(error.problem or "")
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if "cannot start any token" in problem:
        message, hint = _no_token(_at(lines, line, column))
        return message, hint, line, column
    if _at(lines, line, column) == ":" and any(word in problem for word in _MISPLACED):
        return "a key is missing before the colon", "", line, column
    before = lines[line][:column].strip() if line < len(lines) else ""
    if before and any(word in problem for word in _MISPLACED):
        return "this does not belong to the value before it", _QUOTE_ALL, line, column
    if before and ":" not in before and "mapping values" in problem:
        return _CONTINUES, _CHECK_INDENT, line, column
    for words, message, hint, at_start in _MEANINGS:
        if any(word in problem for word in words):
            if at_start and error.context_mark:
                line, column = error.context_mark.line, error.context_mark.column
            return message, hint, line, column
    return "this is not YAML", "", line, column


def _no_token(character: str) -> tuple[str, str]:
    if character == "\t":
        return "a tab cannot indent", "indent with spaces"
    return f"text cannot begin with {character or 'this'}", "put the text in quotes"


def _at(lines: Sequence[str], line: int, column: int) -> str:
    return lines[line][column : column + 1] if line < len(lines) else ""
