"""Labels: what models are sorted by, as Kubernetes takes them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from modelspec.spec.scalar import Wrong, show

LONGEST = 63
LONGEST_PREFIX = 253
OURS = ("app.kubernetes.io/name", "app.kubernetes.io/managed-by", "app.kubernetes.io/version")
"""What rendered objects have without being told: their selectors rely on it."""

_SEGMENT = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
_DOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_KEY = re.compile(rf"({_DOMAIN}/)?{_SEGMENT}")
_VALUE = re.compile(rf"({_SEGMENT})?")


def _key(text: str) -> str:
    prefix, _, name = text.rpartition("/")
    if text in OURS:
        raise Wrong("is set by modelspec", "choose another key")
    if len(name) > LONGEST or len(prefix) > LONGEST_PREFIX:
        raise Wrong(f"is longer than {LONGEST} characters, or its prefix than {LONGEST_PREFIX}")
    if not _KEY.fullmatch(text):
        raise Wrong(
            "is no key of a label",
            "letters, digits, `-`, `_` and `.`, as in tier; with a prefix: example.com/tier",
        )
    return text


def _value(text: str) -> str:
    if len(text) > LONGEST:
        raise Wrong(f"must be at most {LONGEST} characters long, not {len(text)}")
    if not _VALUE.fullmatch(text):
        better = re.sub(r"[^-A-Za-z0-9_.]+", "-", text).strip("-_.")
        raise Wrong(
            f"must be the value of a label, not {show(text)}",
            f"write {better}" if better else "letters, digits, `-`, `_` and `.`",
        )
    return text


LabelKey = Annotated[str, AfterValidator(_key)]
"""`tier`, or with a prefix `example.com/tier`; none of `OURS`."""

LabelValue = Annotated[
    str,
    AfterValidator(_value),
    WithJsonSchema(
        {
            "type": ["string", "number", "boolean"],
            "pattern": f"^({_VALUE.pattern})$",
            "maxLength": LONGEST,
        }
    ),
]
"""Up to 63 letters, digits, `-`, `_` and `.`; may be empty."""
