"""Templates to text, with every value quoted by the environment and nothing else in reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol

import jinja2
from jinja2 import BytecodeCache, FunctionLoader, TemplateSyntaxError, UndefinedError
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplatesNotFound

from modelspec.diagnostics import Diagnostic, Location, TemplateError
from modelspec.render.limits import limited
from modelspec.render.quote import yaml_value
from modelspec.render.sandbox import Sandbox

QUOTING: dict[str, Callable[[Any], str]] = {".yaml.j2": yaml_value}
"""How values are written, by the suffix of the template's name."""

OWN = "templates/"
"""Where a repository has templates of its own; the rest of the path is the template's name."""
BUILTIN = "builtin/"
"""What the name of a template that comes with modelspec may begin with, and the place in errors."""

_UNDEFINED = re.compile(r"'(\w+)' is undefined")
_NO_FILTER = re.compile(r"No (filter|test) named '(\w+)'")


class Kept(Protocol):
    """Contents that are kept by a key: what templates were compiled to."""

    def read(self, key: str) -> bytes | None:
        """The content of a key."""

    def write(self, key: str, content: bytes) -> None:
        """Keep a content."""

    def __hash__(self) -> int: ...


def render(
    name: str,
    templates: Mapping[str, str],
    context: Mapping[str, Any],
    kept: Kept | None = None,
) -> str:
    """One template as text.

    Args:
        name: of the template, which ends in one of `QUOTING`.
        templates: of all that it may include or extend, path to text: what comes with modelspec
            by its name, what takes its place by `OWN` and its name. Disk is never read.
        context: plain data.
        kept: what was compiled before; compiling takes five times as long as rendering.

    Raises:
        TemplateError: what is wrong, with the template's path and line.
    """
    quote = next((q for suffix, q in QUOTING.items() if name.endswith(suffix)), None)
    if quote is None:
        known = " or ".join(QUOTING)
        raise TemplateError(
            Diagnostic(f"no quoting is known for the template {name}", hint=f"name it *{known}")
        )
    environment = environment_of(frozenset(templates.items()), quote, kept)
    try:
        with limited():
            return environment.get_template(name).render(context)
    except TemplateError:
        raise
    except Exception as error:  # noqa: BLE001 - a template may raise anything
        raise TemplateError(_diagnostic(error, name, templates, context)) from None


@lru_cache(maxsize=8)
def environment_of(
    templates: frozenset[tuple[str, str]],
    quote: Callable[[Any], str] = yaml_value,
    kept: Kept | None = None,
) -> Sandbox:
    """An environment; one for many renderings, because it holds compiled templates."""
    cache = None if kept is None else _Cache(kept)
    return Sandbox(quote, loader=loader(dict(templates)), bytecode_cache=cache)


class _Cache(BytecodeCache):
    """Jinja's view of what is kept: it checks the version of Python itself, not its own."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def load_bytecode(self, bucket: Bucket) -> None:
        content = self._kept.read(self._key(bucket))
        if content is not None:
            bucket.bytecode_from_string(content)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept.write(self._key(bucket), bucket.bytecode_to_string())

    @staticmethod
    def _key(bucket: Bucket) -> str:
        return f"{jinja2.__version__}-{bucket.key}-{bucket.checksum}"


def loader(templates: Mapping[str, str]) -> FunctionLoader:
    """Finds templates by name in memory, and tells the compiler their paths."""

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        path = path_of(name, templates)
        return None if path is None else (text_at(path, templates), path, lambda: True)

    return FunctionLoader(load)


def path_of(name: str, templates: Collection[str]) -> str | None:
    """Where the template of this name is; None if there is none."""
    if f"{OWN}{name}" in templates:
        return f"{OWN}{name}"
    builtin = name.removeprefix(BUILTIN)
    known = builtin in templates and not builtin.startswith(OWN)
    return f"{BUILTIN}{builtin}" if known else None


def text_at(path: str, templates: Mapping[str, str]) -> str:
    """The text of the template that is there; empty if there is none."""
    return templates.get(path if path.startswith(OWN) else path.removeprefix(BUILTIN), "")


def at_line(path: str, text: str, line: int, message: str, hint: str = "") -> Diagnostic:
    """Something wrong in a line of a template."""
    lines = text.splitlines()
    excerpt = lines[line - 1] if 0 < line <= len(lines) else ""
    column = len(excerpt) - len(excerpt.lstrip()) + 1
    one_line = "".join(c if c.isprintable() else "?" for c in message)
    return Diagnostic(one_line, Location(path, line, column), hint, excerpt)


def of_syntax(error: TemplateSyntaxError, path: str, text: str) -> Diagnostic:
    """What is wrong with the text of a template."""
    return at_line(path, text, error.lineno, _message(error), "".join(_hints(error, {}, ())))


def _diagnostic(
    error: Exception, name: str, templates: Mapping[str, str], context: Mapping[str, Any]
) -> Diagnostic:
    start = path_of(name, templates) or name
    if isinstance(error, TemplateSyntaxError):
        path = error.filename or start
        return of_syntax(error, path, text_at(path, templates))
    from traceback import walk_tb

    places = [(f.f_code.co_filename, line) for f, line in walk_tb(error.__traceback__)]
    known = (place for place in reversed(places) if text_at(place[0], templates))
    path, line = next(known, (start, 1))
    if isinstance(error, RecursionError) and (path, line) not in places:
        return at_line(path, text_at(path, templates), line, "the template is nested too deep")
    hint = "".join(_hints(error, context, templates))
    return at_line(path, text_at(path, templates), line, _message(error), hint)


def _message(error: Exception) -> str:
    if isinstance(error, TemplatesNotFound):
        return f"none of these templates exist: {', '.join(map(str, error.templates))}"
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name}"
    if isinstance(error, RecursionError):
        return "the template includes or calls itself without end"
    text = str(error).partition("\n")[0].rstrip(".")
    return text or type(error).__name__


def _hints(
    error: Exception, context: Mapping[str, Any], templates: Collection[str]
) -> Iterator[str]:
    """At most one."""
    text = str(error)
    if isinstance(error, TemplateNotFound):
        yield near(
            str(error.name).removeprefix(OWN), [path.removeprefix(OWN) for path in templates]
        )
    elif isinstance(error, RecursionError):
        yield f"what comes with modelspec is extended as {BUILTIN}<name>"
    elif isinstance(error, UndefinedError) and (name := _UNDEFINED.search(text)):
        yield near(name[1], context)
    elif isinstance(error, SecurityError):
        yield "a template sees plain data only, and changes nothing"
    elif isinstance(error, TemplateSyntaxError) and (name := _NO_FILTER.search(text)):
        if name[2] in ("safe", "tojson", "escape", "e", "quote"):
            yield "write the value alone, without quotes around it: it is quoted by itself"
        elif name[1] == "filter":
            yield near(name[2], environment_of(frozenset()).filters)


def near(word: str, known: Collection[str]) -> str:
    """A hint which name could be meant; all of them if none is near."""
    import difflib

    found = difflib.get_close_matches(word, known, 1)
    names = ", ".join(sorted(name for name in known if name[0] != "("))
    return f"did you mean {found[0]}?" if found else f"there are: {names or 'none'}"
