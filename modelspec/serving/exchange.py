"""What a protocol is to the server: a body becomes rows, and a way to write their outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .answers import Outputs
from .preprocess import Row

Headers = list[tuple[str, str]]

JSON: Headers = [("content-type", "application/json")]

# From the outputs of the network to the body of an answer and its headers.
Writer = Callable[[Outputs], tuple[bytes, Headers]]
# From the body and the headers of a request to its rows, at least one, and the writer.
# Raises Problem.
Exchange = Callable[[bytes, Any], tuple[Sequence[Row], Writer]]
