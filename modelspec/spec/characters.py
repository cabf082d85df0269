"""Bytes to text: UTF-8 only, and no character that hides or reorders what a reviewer sees."""

from __future__ import annotations

import re

from modelspec.diagnostics import Diagnostic, InputError, Location

# Controls but tab and line feed; line separators that editors and YAML count differently;
# bidirectional controls; byte order marks; what is no character at all.
HIDDEN_CHARACTERS = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ufeff\ufffe\uffff\ud800-\udfff]"
)
_HIDDEN = re.compile(HIDDEN_CHARACTERS)
_SHOWN = 20  # places of hidden characters in one message run

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def decode(content: bytes, file: str) -> str:
    """The text of a file, with line feeds as line ends and without a byte order mark.

    Raises:
        InputError: if it is not UTF-8, or has characters that hide text; all of those with
            their places.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(Diagnostic("the file is UTF-16", Location(file, 1, 1), "save it as UTF-8"))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(_not_utf8(content, error.start, file)) from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if _HIDDEN.search(text):
        raise InputError(*_hidden(text, file))
    return text


def name_of_character(character: str) -> str:
    """A character that cannot be shown, for messages: `a control character (U+0007)`."""
    code = f"U+{ord(character):04X}"
    if character in _BIDI:
        return f"a character that reorders text ({code})"
    if character in "\u2028\u2029\x85":
        return f"a line separator that is not a line end ({code})"
    if character == "\r":
        return f"a carriage return without a line feed ({code})"
    return f"a control character ({code})"


def _not_utf8(content: bytes, start: int, file: str) -> Diagnostic:
    begin = content.rfind(b"\n", 0, start) + 1
    end = content.find(b"\n", start)
    column = len(content[begin:start].decode("utf-8", "replace").removeprefix("\ufeff")) + 1
    line = content[begin : end if end >= 0 else len(content)][:1000]
    return Diagnostic(
        f"byte {start} (0x{content[start]:02x}) is not UTF-8",
        Location(file, content.count(b"\n", 0, start) + 1, column),
        "save the file as UTF-8",
        line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r"),
    )


def _hidden(text: str, file: str) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for number, line in enumerate(text.split("\n"), start=1):
        for match in _HIDDEN.finditer(line):
            location = Location(file, number, match.start() + 1)
            message = f"{name_of_character(match[0])} is not allowed"
            found.append(Diagnostic(message, location, "delete it", line))
            if len(found) == _SHOWN:
                return found
    return found
