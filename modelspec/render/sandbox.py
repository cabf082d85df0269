"""Jinja for templates that others wrote: nothing in reach, and limits to what they use up."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from jinja2 import StrictUndefined, TemplateAssertionError, nodes, pass_context
from jinja2.compiler import CodeGenerator
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from modelspec.render import limits
from modelspec.render.quote import Ready, yaml_block

# Others would place text unquoted, quote for HTML, differ from run to run, or have no limits.
_FILTERS = (
    "abs",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "groupby",
    "int",
    "items",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "sort",
    "sum",
    "title",
    "trim",
    "unique",
    "upper",
)
_METHODS: dict[type[Any], set[str]] = {
    dict: {"get", "items", "keys", "values"},
    str: {"endswith", "lower", "lstrip", "removeprefix", "removesuffix", "rstrip", "split"}
    | {"startswith", "strip", "title", "upper"},
}
_PLAIN = (str, bytes, int, float, list, tuple, dict)

# Names of filters that only the transformed tree can use.
_SPEND, _WEIGHED, _TOGETHER = "(spend)", "(weighed)", "(together)"


class _Generator(CodeGenerator):
    """Places what `finalize` makes of a value as it is: nothing in it is left to escape."""

    def _output_child_pre(self, _node: Any, _frame: Any, finalize: Any) -> None:
        self.write(f"({finalize.src}")


class Sandbox(ImmutableSandboxedEnvironment):
    """Quotes every value, reaches nothing but the context, and ends.

    Args:
        quote: how a value is written.
        options: of the environment.
    """

    code_generator_class = _Generator
    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def __init__(self, quote: Callable[[Any], str], **options: Any) -> None:
        # With a context, so that the compiler leaves constants alone: it marks them as quoted.
        @pass_context
        def finalize(_context: Context, value: Any) -> str:
            # Jinja marks what blocks, macros and our filters have made; it is quoted already.
            if isinstance(value, StrictUndefined):
                str(value)
            text = value if isinstance(value, Ready) else quote(value)
            limits.spend(len(text))
            return text

        super().__init__(
            undefined=StrictUndefined,
            autoescape=True,
            finalize=finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            optimized=False,  # it takes cubic time for operators within operators
            **options,
        )
        ours = {
            "block": yaml_block,
            "indent": limits.indented,
            "join": lambda parts, between="": limits.together(parts, between),
            "replace": limits.replaced,
            "string": lambda value: limits.together([value]),
        }
        known = {**{name: self.filters[name] for name in _FILTERS}, **ours}
        self.filters = {name: limits.counted(function) for name, function in known.items()}
        self.filters |= {_SPEND: _spend, _WEIGHED: limits.weighed, _TOGETHER: limits.together}
        self.globals = {"range": limits.short_range}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Of plain values only the methods that make no more than there is."""
        if isinstance(obj, _PLAIN):
            return any(isinstance(obj, kind) and attr in known for kind, known in _METHODS.items())
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """No way around `is_safe_attribute` for `format`."""

    def call(self, context: Context, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Pays for each call."""
        limits.spend(0)
        return super().call(context, function, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002
        """Calculates with numbers."""
        return limits.number(_OPERATIONS[operator], left, right)

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        return super()._generate(_Metered().visit(source), *args, **kwargs)


def _power(left: Any, right: Any) -> Any:
    if abs(right) > 64:
        raise limits.Exceeded("a power is at most 64")
    return left**right


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _power,
}


@pass_context
def _spend(_context: Context, characters: int) -> None:
    """`limits.spend`; the context says to the compiler that each call counts."""
    limits.spend(characters)


class _Metered(NodeTransformer):
    """Puts payments into a template."""

    def _body(self, node: Any) -> Any:
        """What may run again pays for its text whenever it starts."""
        text = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
        self.generic_visit(node)
        cost = nodes.Const(text, lineno=node.lineno)
        node.body.insert(0, nodes.ExprStmt(_filter(_SPEND, cost), lineno=node.lineno))
        return node

    visit_Template = visit_Block = visit_For = visit_Macro = visit_CallBlock = _body  # noqa: N815

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        return self._literal(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        return self._literal(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        return self._literal(node) if node.ctx == "load" else node

    def _literal(self, node: nodes.Literal | nodes.Tuple) -> nodes.Node:
        return _filter(_WEIGHED, self.generic_visit(node))

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filter(_TOGETHER, nodes.List(node.nodes, lineno=node.lineno))

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802
        if node.name in ("varargs", "kwargs"):  # would hold values that nothing has weighed
            raise TemplateAssertionError("name the parameters of the macro", node.lineno)
        return node


def _filter(name: str, node: Any) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
