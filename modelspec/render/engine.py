"""Templates to text, with every value quoted by the environment and nothing else in reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from traceback import walk_tb
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, TemplateSyntaxError
from jinja2.exceptions import TemplateNotFound, TemplatesNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from modelspec.diagnostics import Diagnostic, Location, TemplateError
from modelspec.render.quote import Ready, yaml_block, yaml_value

QUOTING: dict[str, Callable[[Any], str]] = {".yaml.j2": yaml_value}
"""How values are written, by the suffix of the template's name."""

# `safe` would place text unquoted, the others quote for HTML or differ from run to run.
_REFUSED = ("e", "escape", "forceescape", "pprint", "random", "safe", "tojson", "urlize", "xmlattr")


def render(name: str, templates: Mapping[str, str], context: Mapping[str, Any]) -> str:
    """One template as text.

    Args:
        name: of the template, which ends in one of `QUOTING`.
        templates: name to text, of all that it may include or extend. Disk is never read.
        context: plain data.

    Raises:
        TemplateError: what is wrong, with the template's name and line.
    """
    quote = next((q for suffix, q in QUOTING.items() if name.endswith(suffix)), None)
    if quote is None:
        known = " or ".join(QUOTING)
        raise TemplateError(
            Diagnostic(f"no quoting is known for the template {name}", hint=f"name it *{known}")
        )
    environment = _environment(frozenset(templates.items()), quote)
    try:
        return environment.get_template(name).render(context)
    except TemplateError:
        raise
    except Exception as error:  # noqa: BLE001 - a template may raise anything
        raise TemplateError(_diagnostic(error, name, templates)) from None


@lru_cache(maxsize=8)
def _environment(
    templates: frozenset[tuple[str, str]], quote: Callable[[Any], str]
) -> ImmutableSandboxedEnvironment:
    """An environment; kept, because compiling templates is most of the work."""
    texts = dict(templates)

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        return (texts[name], name, lambda: True) if name in texts else None

    def finalize(value: Any) -> Ready:
        # Jinja marks what blocks, macros and our filters have made; it is quoted already.
        if isinstance(value, StrictUndefined):
            str(value)
        return value if isinstance(value, Ready) else Ready(quote(value))

    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(load),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["block"] = yaml_block
    for refused in _REFUSED:
        del environment.filters[refused]
    environment.globals = {"range": environment.globals["range"]}
    return environment


def _diagnostic(error: Exception, name: str, templates: Mapping[str, str]) -> Diagnostic:
    if isinstance(error, TemplateSyntaxError):
        place = (error.name or name, error.lineno)
    else:
        frames = walk_tb(error.__traceback__)
        places = [(f.f_code.co_filename, line) for f, line in frames]
        place = next((p for p in reversed(places) if p[0] in templates), (name, 1))
    file, line = place
    lines = templates.get(file, "").splitlines()
    excerpt = lines[line - 1] if 0 < line <= len(lines) else ""
    column = len(excerpt) - len(excerpt.lstrip()) + 1
    return Diagnostic(_message(error), Location(file, line, column), excerpt=excerpt)


def _message(error: Exception) -> str:
    if isinstance(error, TemplatesNotFound):
        return f"none of these templates exist: {', '.join(map(str, error.templates))}"
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name}"
    if isinstance(error, RecursionError):
        return "the template includes itself without end"
    text = str(error).partition("\n")[0].rstrip(".")
    return text or type(error).__name__
