"""One version in a file that people wrote: only its own characters change, all else stays."""

from __future__ import annotations

import re

from modelspec.diagnostics import InputError
from modelspec.spec.environment import load_environment
from modelspec.spec.places import Node, Path

_SCALAR = re.compile(r"""'[^']*'|"[^"]*"|[^\s,}\]]+""")
_MODELS: Path = ("models",)
_BOM = "\ufeff"


def with_version(content: bytes, file: str, model: str, version: str | None) -> bytes:
    """A file of `environments/` in which a model has a version.

    Args:
        content: of the file.
        file: its path, for messages.
        model: whose version to set; added where it is not there.
        version: such as `1.4.0`; None takes the model away.

    Raises:
        InputError: the file has mistakes, or is written in a way that only people can edit.
    """
    loaded = load_environment(content, file)
    before = loaded.environment.models
    wanted = {name: v for name, v in {**before, model: version}.items() if v is not None}
    if wanted == before or loaded.places is None:
        return content
    text = content.decode("utf-8")
    bom = _BOM if text.startswith(_BOM) else ""
    made = bom + _edited(_Text(text.removeprefix(_BOM)), loaded.places.root, model, version)
    try:
        after = load_environment(made.encode(), file).environment.models
    except InputError:
        after = {}
    if after != wanted:
        what = f"{model}: {version}" if version else f"no {model}"
        message = f"versions that are written like this can only be edited by hand, to {what}"
        raise InputError(loaded.diagnostic(message, _MODELS, "write one a line below `models:`"))
    return made.encode()


class _Text:
    """A text, and where the lines and columns of its nodes are in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def at(self, line: int, column: int) -> int:
        """The offset of a place."""
        return self._starts[line] + column

    def scalar(self, node: Node) -> tuple[int, int]:
        """From where to where a value reaches."""
        start = self.at(node.line, node.column)
        found = _SCALAR.match(self.text, start)
        return start, found.end() if found else start

    def end_of_line(self, offset: int) -> int:
        """Where the line of an offset ends, before its line feed."""
        end = self.text.find("\n", offset)
        end = len(self.text) if end < 0 else end
        return end - 1 if self.text[end - 1 : end] == "\r" else end


def _edited(text: _Text, root: Node, model: str, version: str | None) -> str:
    models = root.children.get("models")
    if version is None:
        return _without(text, root, model) if models else text.text
    if models is None:
        last = "" if text.text.endswith("\n") else text.newline
        return f"{text.text}{last}models:{text.newline}  {model}: {version}{text.newline}"
    if model in models.children:
        start, end = text.scalar(models.children[model])
        quote = text.text[start] if text.text[start] in "'\"" else ""
        return f"{text.text[:start]}{quote}{version}{quote}{text.text[end:]}"
    return _with_new(text, models, root.keys["models"][1] + 2, f"{model}: {version}")


def _with_new(text: _Text, models: Node, column: int, entry: str) -> str:
    """With an entry behind those that there are; `{}` becomes lines."""
    start = text.at(models.line, models.column)
    if text.text.startswith("{}", start):
        end = text.end_of_line(start)
        head = text.text[:start].rstrip(" ") + text.text[start + 2 : end]
        return f"{head}{text.newline}{' ' * column}{entry}{text.text[end:]}"
    ends = [text.scalar(child)[1] for child in models.children.values()]
    if text.text[start] == "{":
        end = max(ends, default=start + 1)
        return f"{text.text[:end]}{', ' if ends else ''}{entry}{text.text[end:]}"
    end = text.end_of_line(max(ends))
    return f"{text.text[:end]}{text.newline}{' ' * models.column}{entry}{text.text[end:]}"


def _without(text: _Text, root: Node, model: str) -> str:
    models = root.children["models"]
    start, end = text.at(*models.keys[model]), text.scalar(models.children[model])[1]
    if text.text[text.at(models.line, models.column)] == "{":
        if comma := re.compile(r"\s*,\s*").match(text.text, end):
            end = comma.end()
        elif comma := re.compile(r"\s*,\s*$").search(text.text[:start]):
            start = comma.start()
        return text.text[:start] + text.text[end:]
    start = text.at(models.keys[model][0], 0)
    end = min(text.end_of_line(end) + len(text.newline), len(text.text))
    rest = text.text[:start] + text.text[end:]
    if len(models.children) > 1:
        return rest
    colon = rest.index(":", text.at(*root.keys["models"])) + 1
    return f"{rest[:colon]} {{}}{rest[colon:]}"
