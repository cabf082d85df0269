"""Messages about a table with personal columns: they point at a cell and do not show it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from modelspec.diagnostics import Diagnostic, InputError
from modelspec.spec.data import Data


@contextmanager
def unquoted(data: Data, file: str) -> Iterator[None]:
    """Errors raised below lose their excerpts of rows if any feature is personal.

    An excerpt is a whole line, so it shows every cell of the row, whichever is wrong. The first
    line, with the names of the columns, stays.

    Args:
        data: says which features are personal.
        file: the name of the table in messages.
    """
    try:
        yield
    except InputError as error:
        if not any(feature.pii for feature in (data.features or {}).values()):
            raise
        raise InputError(*(_bare(d, file) for d in error.diagnostics)) from None


def _bare(found: Diagnostic, file: str) -> Diagnostic:
    at = found.location
    return replace(found, excerpt="") if at and at.file == file and at.line > 1 else found
