"""Plain values as YAML that every reader takes back as the same value.

The flow form is JSON as well, so readers of YAML 1.1 and 1.2 cannot disagree about it: text is
always in double quotes, and no number looks like text to either.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup

Ready = Markup
"""Text that is YAML already, and is placed as it stands."""

# What JSON may hold raw, but a YAML reader takes for a line break or refuses, or an editor does
# not show: controls, marks of direction and width, separators, non-characters.
_ESCAPED = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]"
)
_LONGEST_KEY = 1000  # readers look no further than 1024 for the colon
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*([./_-][A-Za-z0-9]+)*")
# Without all that `json.dumps` asks first: a fifth of the time of a template.
_quoted = json.encoder.encode_basestring
_SEQUENCES = (list, tuple)
_LINES = (dict, list, tuple, Mapping)
_NOT_TEXT = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def yaml_value(value: Any) -> str:
    """A plain value as one line of YAML, in flow style.

    Args:
        value: text, a finite number, a boolean, None, or lists and mappings of those.

    Raises:
        ValueError: if the value is none of these, or holds half a surrogate pair.
    """
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)}: {yaml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(yaml_value, value)) + "]"
    raise ValueError(f"a {type(value).__name__} cannot be written as YAML")


def yaml_block(value: Any, indent: int = 0) -> Ready:
    """A plain value as lines of YAML in block style; scalars as `yaml_value` has them.

    Args:
        value: as for `yaml_value`.
        indent: spaces before every line but the first, which stands where it is placed.

    Raises:
        ValueError: as `yaml_value`.
    """
    return Ready(_block(value, "\n" + " " * indent))


def _block(value: Any, line: str) -> str:
    """A block; `line` begins a new one at its indentation."""
    if not _has_lines(value):
        return yaml_value(value)
    below = f"{line}  "
    if isinstance(value, _SEQUENCES):
        return line.join([f"- {_block(item, below)}" for item in value])
    return line.join(
        [
            # Most values are text: asking for that first is a third of the time.
            f"{_block_key(key)}: {_text(item)}"
            if type(item) is str
            else f"{_block_key(key)}:{below if _has_lines(item) else ' '}{_block(item, below)}"
            for key, item in value.items()
        ]
    )


def _has_lines(value: Any) -> bool:
    # Asking an abstract class is slow.
    return type(value) is not str and isinstance(value, _LINES) and len(value) > 0


@lru_cache(maxsize=1024)
def _block_key(key: Any) -> str:
    """A key of a block: as it is where every reader takes it for text."""
    plain = isinstance(key, str) and len(key) < 100 and _PLAIN_KEY.fullmatch(key)
    return key if plain and key.lower() not in _NOT_TEXT else _key(key)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a key must be text, not {type(key).__name__}")  # noqa: TRY004
    text = _text(key)
    if len(text) > _LONGEST_KEY:
        raise ValueError(f"a key longer than {_LONGEST_KEY} characters cannot be written as YAML")
    return text


@lru_cache(maxsize=512)
def _text(value: str) -> str:
    """Text in quotes; kept, because most of it is the same from model to model."""
    quoted: str = _quoted(str(value))
    if quoted.isascii() and "\x7f" not in quoted:
        return quoted
    if _SURROGATE.search(value):
        raise ValueError("text with half a surrogate pair cannot be written as YAML")
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written as YAML that JSON readers take")
    text = float.__repr__(value)
    mantissa, exponent, power = text.partition("e")
    # Readers of YAML 1.1 take 1e-05 for text, and 1.0e-05 for a number.
    return f"{mantissa}.0e{power}" if exponent and "." not in mantissa else text
