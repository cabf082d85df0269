"""`model.lock`: digests of what a spec names and git cannot hold; JSON, one beside each spec."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field

from modelspec.diagnostics import Diagnostic, InputError, Location, in_order
from modelspec.spec.base import Integer, Strict
from modelspec.spec.scalar import Wrong, show
from modelspec.spec.source import read
from modelspec.spec.validate import limited, validate

FORMAT = 1
_HEX = re.compile(r"[0-9a-f]{64}")
_CONFLICT = re.compile(rb"^<{7} ", re.MULTILINE)
_WAY_OUT = (
    "modelspec lock writes this file, and nobody edits or merges it: "
    "take it from a commit again, or remove it and run modelspec lock"
)


def _hex(value: str) -> str:
    if _HEX.fullmatch(value):
        return value
    raise Wrong(f"must be 64 hexadecimal digits, not {show(value)}")


def _digest(value: str) -> str:
    if value.startswith("sha256:") and _HEX.fullmatch(value.removeprefix("sha256:")):
        return value
    raise Wrong(f"must be sha256: and 64 hexadecimal digits, not {show(value)}")


Digest = Annotated[str, AfterValidator(_digest)]
"""`sha256:<hex>`."""


class BasePin(Strict):
    """A base image: digest of its config, and of the manifest by which its registry has it."""

    id: Digest
    manifest: Digest | None = None


class DataPin(Strict):
    """The content of a URL; `etag` and `last_modified` are what the server said, for people."""

    sha256: Annotated[str, AfterValidator(_hex)]
    size: Integer = Field(ge=0)
    etag: str | None = None
    last_modified: str | None = None

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the content."""
        return f"sha256:{self.sha256}"


class ModelLock(Strict):
    """What each name resolved to: base images by their names, data by their URLs."""

    lock: Integer
    base: dict[str, BasePin] = Field(default_factory=dict)
    data: dict[str, DataPin] = Field(default_factory=dict)

    @property
    def digests(self) -> dict[str, str]:
        """Every name with the digest of what it stands for."""
        bases = {name: pin.id for name, pin in self.base.items()}
        return bases | {url: pin.digest for url, pin in self.data.items()}

    def text(self) -> str:
        """The file: keys sorted, ASCII, one final newline."""
        plain = self.model_dump(mode="json", exclude_none=True)
        return json.dumps(plain, sort_keys=True, indent=1, ensure_ascii=True) + "\n"


NOTHING = ModelLock(lock=FORMAT)
"""The lock of a spec that has no `model.lock`."""


def load_lock(content: bytes, file: str) -> ModelLock:
    """Read and check a `model.lock`.

    Args:
        content: its bytes, UTF-8.
        file: its name, for messages.

    Raises:
        InputError: every problem there is, in the order of the file.
    """
    if conflict := _CONFLICT.search(content):
        place = Location(file, content.count(b"\n", 0, conflict.start()) + 1, 1)
        raise _with_way_out(Diagnostic("a merge conflict was left in this file", place))
    try:
        source = read(content, file)
    except InputError as error:
        raise _with_way_out(*error.diagnostics) from None
    found = source.tree.get("lock")
    if isinstance(found, str) and found != str(FORMAT):
        message = f"lock {show(found)} is a format that this version of modelspec does not know"
        place = source.places.value(("lock",))
        raise InputError(source.places.diagnostic(message, place, "upgrade modelspec"))
    outcome = validate(ModelLock, "Lock", source)
    problems = [*source.problems, *outcome.diagnostics]
    if problems or outcome.value is None:
        raise _with_way_out(*limited(in_order(problems)))
    return outcome.value


def _with_way_out(*problems: Diagnostic) -> InputError:
    *others, last = (replace(problem, hint="") for problem in problems)
    return InputError(*others, replace(last, hint=_WAY_OUT))
