"""What templates may use up. Jinja itself has no limits.

A template pays for the text that it makes and for each pass through what can be passed again, so
that loops in loops and macros that call themselves end. What one operation can make of a small
thing is limited at the operation. The clock is for what is left: many slow operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from time import thread_time
from typing import Any

from modelspec.render.quote import Ready

IN_ALL = 1_000_000
"""Characters that one template may make, of text and in variables."""
AT_ONCE = 100_000
"""Characters that one operation may make."""
SECONDS = 3.0
"""Of computing; what comes with modelspec takes milliseconds."""
RANGE = 1_000
BITS = 256
"""Of a whole number."""

_SIZED = (str, list, tuple, dict, range)
_PASS = 10  # characters that a pass counts for, whatever it makes
_WIDEST = 100  # spaces of indentation


class Exceeded(Exception):
    """A template uses up too much."""


class _Budget:
    __slots__ = ("left", "steps", "until")

    def __init__(self) -> None:
        self.left = IN_ALL
        self.steps = 0
        self.until = thread_time() + SECONDS

    def spend(self, characters: int) -> None:
        self.left -= characters
        if self.left < 0:
            raise Exceeded(f"the template makes more than {IN_ALL:,} characters, or has no end")
        self.steps += 1
        if self.steps % 64 == 0 and thread_time() > self.until:
            raise Exceeded(f"the template takes longer than {SECONDS:g} s")


_budget: ContextVar[_Budget] = ContextVar("budget")


@contextmanager
def limited() -> Iterator[None]:
    """All that is rendered inside is paid from one new budget."""
    token = _budget.set(_Budget())
    try:
        yield
    finally:
        _budget.reset(token)


def spend(characters: int) -> None:
    """Pay for a step, and for the text that it makes.

    Raises:
        Exceeded: if there is nothing left to pay with.
    """
    _budget.get().spend(_PASS + characters)


def counted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that pays for each call, and for the length of what it is given."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        spend(sum(len(one) for one in args if isinstance(one, _SIZED)))
        return function(*args, **kwargs)

    return call


def weighed(value: Any) -> Any:
    """A value, after paying for all that is in it: once for each place where it is.

    Raises:
        Exceeded: if that is more than one operation may make.
    """
    weight, rest = 0, [value]
    while rest:
        one = rest.pop()
        weight += 1
        if isinstance(one, str):
            weight += len(one)
        elif isinstance(one, Mapping):
            rest += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            rest += one
        _refuse_above(weight)
    spend(weight)
    return value


def short_range(*bounds: int) -> range:
    """`range`, up to a length.

    Raises:
        Exceeded: if it is longer.
    """
    made = range(*bounds)
    try:
        length = len(made)
    except OverflowError:
        length = RANGE + 1
    if length > RANGE:
        raise Exceeded(f"a range has at most {RANGE:,} numbers")
    return made


def together(parts: Iterable[Any], between: Any = "") -> str:
    """Texts and numbers as one text: what `~` and the filter `join` make.

    Raises:
        TypeError: a part that is neither, or a value beside what is YAML already.
        Exceeded: if it is too long.
    """
    found = list(parts)
    for part in (*found, between):
        if isinstance(part, bool) or not isinstance(part, str | int | float):
            str(part)  # an undefined name says so itself
            kind = "nothing" if part is None else f"a {type(part).__name__}"
            raise TypeError(f"only texts and numbers can be put together, not {kind}")
    ready = {isinstance(part, Ready) for part in (*found, between) if part != ""}
    if len(ready) > 1:
        raise TypeError(
            "what a block or macro has made is YAML already, and cannot be put together with a "
            "value: write one after the other"
        )
    texts = [str(part) for part in found]
    _pay(sum(map(len, texts)) + len(texts) * len(str(between)))
    text = str(between).join(texts)
    return Ready(text) if ready == {True} else text


def replaced(text: Any, old: str, new: str) -> str:
    """A text with all of one part replaced by another.

    Raises:
        TypeError: if it is no text, or YAML already.
        Exceeded: if it is too long.
    """
    if not isinstance(text, str) or isinstance(text, Ready):
        raise TypeError("only in a text can something be replaced: what a block has made is YAML")
    _pay(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def indented(text: Any, width: int = 4, first: bool = False) -> str:  # noqa: FBT001, FBT002
    """The lines of what a block or macro has made, each but the first after more spaces.

    Raises:
        TypeError: if it is a plain value, which is one line always.
        Exceeded: if it is too long.
    """
    if not isinstance(text, Ready):
        raise TypeError("only what a block or macro has made has lines to indent")
    if not 0 <= width <= _WIDEST:
        raise Exceeded(f"lines are indented by 0 to {_WIDEST} spaces")
    lines = str(text).split("\n")
    _pay(sum(map(len, lines)) + len(lines) * width)
    start = 0 if first else 1
    rest = (f"{' ' * width}{line}" if line else "" for line in lines[start:])
    return Ready("\n".join((*lines[:start], *rest)))


def number(operator: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """An operation on two numbers.

    Raises:
        TypeError: if they are not two numbers.
        Exceeded: if the result could be absurdly large.
    """
    for one in (left, right):
        if not isinstance(one, int | float):
            str(one)  # an undefined name says so itself
            raise TypeError("only numbers can be calculated with: texts are put together with ~")
        if isinstance(one, int) and one.bit_length() > BITS:
            raise Exceeded(f"a number has at most {BITS} bits")
    return operator(left, right)


def _refuse_above(characters: int) -> None:
    if characters > AT_ONCE:
        raise Exceeded(f"one operation makes at most {AT_ONCE:,} characters")


def _pay(characters: int) -> None:
    _refuse_above(characters)
    spend(characters)
