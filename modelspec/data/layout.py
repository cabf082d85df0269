"""Where the records and fields of a CSV file begin: found before anything is parsed.

Parsers are lenient where a file is broken: polars fills short rows, renames a repeated header and
swallows rows after an unclosed quote, and none of it comes with a line. So the shape of the file
is checked here first (RFC 4180, with LF or CRLF), with array operations over its bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from modelspec.diagnostics import Diagnostic, InputError, Location

_QUOTE, _LF, _CR = b'"\n\r'


@dataclass(frozen=True, slots=True)
class Layout:
    """The records of a file; the first is the header.

    Attributes:
        file: its name in messages.
        content: its bytes, without a byte order mark and without line ends at its end.
        starts: shape (records,): offset of the first byte of each record.
        lines: shape (records,): line in which each record begins, counted from 1.
        fields: shape (records,): how many fields each has.
        returns: offsets of the carriage returns that belong to line ends.
        separator: between fields, one byte.
    """

    file: str
    content: bytes = field(repr=False)
    starts: NDArray[np.int64]
    lines: NDArray[np.int64]
    fields: NDArray[np.int64]
    returns: NDArray[np.int64]
    separator: int = ord(",")

    def location(self, offset: int) -> Location:
        """The line and column of a byte; columns count characters."""
        return _location(self.file, self.content, offset)

    def excerpt(self, location: Location) -> str:
        """The line of the file at a place."""
        record = int(np.searchsorted(self.lines, location.line, side="right")) - 1
        start = int(self.starts[record])
        for _ in range(location.line - int(self.lines[record])):
            start = self.content.index(b"\n", start) + 1
        return _line(self.content, start)

    def field_at(self, record: int, number: int) -> int:
        """The offset at which a field of a record begins; both count from 0."""
        offset, quoted = int(self.starts[record]), False
        while number:
            byte = self.content[offset]
            if byte == _QUOTE:
                quoted = not quoted
            elif byte == self.separator and not quoted:
                number -= 1
            offset += 1
        return offset

    def without_returns(self) -> bytes:
        """The content with LF as its only line end."""
        if not self.returns.size:
            return self.content
        return np.delete(np.frombuffer(self.content, np.uint8), self.returns).tobytes()


def read_layout(content: bytes, file: str, separator: str = ",") -> Layout:
    """Find the records of a CSV file, whose fields are apart by one ASCII character.

    Raises:
        InputError: if it is empty, not UTF-8 text, a Git LFS pointer, or a quote or a line end
            is not where it may be.
    """
    content = _text(content, file).rstrip(b"\r\n")
    if not content:
        raise InputError(
            Diagnostic(
                "the file is empty",
                Location(file, 1, 1),
                "the first line names the columns, each further line is a row",
            )
        )
    data = np.frombuffer(content, np.uint8)
    quotes = np.flatnonzero(data == _QUOTE)
    mark = ord(separator)
    _check_quotes(content, file, data, quotes, mark)
    newlines = np.flatnonzero(data == _LF)
    returns = _outside(quotes, np.flatnonzero(data == _CR))
    lonely = returns[data[np.minimum(returns + 1, data.size - 1)] != _LF]
    if lonely.size:
        offset = int(lonely[0])
        raise _error(
            content, file, offset, "a line ends with a carriage return alone",
            "save the file with LF or CRLF line ends",
        )  # fmt: skip
    ends = np.append(_outside(quotes, newlines), data.size)
    starts = np.concatenate(([0], ends[:-1] + 1))
    marks = _outside(quotes, np.flatnonzero(data == mark))
    fields = np.searchsorted(marks, ends) - np.searchsorted(marks, starts) + 1
    lines = 1 + np.searchsorted(newlines, starts)
    return Layout(file, content, starts, lines, fields, returns, mark)


def _text(content: bytes, file: str) -> bytes:
    """The content as UTF-8 without its byte order mark."""
    start = Location(file, 1, 1)
    if content.startswith(b"version https://git-lfs.github.com/spec/"):
        raise InputError(
            Diagnostic(
                "this is a Git LFS pointer, not the data",
                start,
                "commit the file itself: what a release is made of must be in git",
            )
        )
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(
            Diagnostic("the file is UTF-16, not UTF-8", start, "save it as UTF-8 and commit it")
        )
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise _error(
            content, file, error.start,
            f"the file is not UTF-8: byte 0x{content[error.start]:02x} cannot stand here",
            "save it as UTF-8; spreadsheets call it `CSV UTF-8`",
        ) from None  # fmt: skip
    if (offset := content.find(0)) >= 0:
        raise _error(
            content, file, offset, "the file has a NUL character",
            "it is damaged or not text: export it again",
        )  # fmt: skip
    return content


def _check_quotes(
    content: bytes, file: str, data: NDArray[np.uint8], quotes: NDArray[np.int64], mark: int
) -> None:
    """Refuse quotes that neither enclose a whole field nor stand doubled inside one.

    Quotes alternate between opening and closing; a doubled one closes and opens again.
    """
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening > 0, data[opening - 1], _LF)
    after = np.where(closing + 1 < data.size, data[np.minimum(closing + 1, data.size - 1)], _LF)
    strays = opening[~np.isin(before, (mark, _LF, _QUOTE))]
    broken = np.flatnonzero(~np.isin(after, (mark, _LF, _CR, _QUOTE)))
    stray = int(strays[0]) if strays.size else data.size
    wrong = int(closing[broken[0]]) if broken.size else data.size
    if stray < wrong:
        raise _error(
            content, file, stray, "a quote stands inside a field that does not begin with one",
            'put the whole field into quotes and double the one inside: "5"" pipe"',
        )  # fmt: skip
    if wrong < data.size:
        opened = _opened(quotes, 2 * int(broken[0]))
        if b"\n" in content[opened:wrong]:
            raise _unclosed(content, file, opened)
        raise _error(
            content, file, wrong, "a field goes on behind its closing quote",
            'double a quote that belongs to the text: "5"" pipe"',
        )  # fmt: skip
    if quotes.size % 2:
        raise _unclosed(content, file, _opened(quotes, quotes.size - 1))


def _opened(quotes: NDArray[np.int64], index: int) -> int:
    """Where the field of an opening quote begins: doubled quotes before it are passed over."""
    while index >= 2 and quotes[index - 1] == quotes[index] - 1:
        index -= 2
    return int(quotes[index])


def _unclosed(content: bytes, file: str, offset: int) -> InputError:
    return _error(
        content, file, offset, "a quote is opened here and not closed where the field ends",
        "close it, or remove it; a quote that belongs to the text is doubled",
    )  # fmt: skip


def _outside(quotes: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the offsets that are not between quotes."""
    if not quotes.size:
        return offsets
    outside: NDArray[np.bool_] = np.searchsorted(quotes, offsets) % 2 == 0
    return offsets[outside]


def _location(file: str, content: bytes, offset: int) -> Location:
    start = content.rfind(b"\n", 0, offset) + 1
    column = len(content[start:offset].decode(errors="replace")) + 1
    return Location(file, content.count(b"\n", 0, offset) + 1, column)


def _line(content: bytes, start: int) -> str:
    end = content.find(b"\n", start)
    return content[start : end if end >= 0 else len(content)].decode(errors="replace")


def _error(content: bytes, file: str, offset: int, message: str, hint: str) -> InputError:
    excerpt = _line(content, content.rfind(b"\n", 0, offset) + 1)
    return InputError(Diagnostic(message, _location(file, content, offset), hint, excerpt))
