"""Small tables and specs, and what is said about them."""

from __future__ import annotations

from modelspec.data.dataset import Dataset, prepare
from modelspec.diagnostics import InputError
from modelspec.spec.load import load

SPEC = """\
apiVersion: modelspec/v1
kind: Model
metadata: {{name: churn}}
task: {task}
data:
  source: x.csv
  target: {target}
  {data}
model: {{type: mlp}}
evaluate:
  gates: [{gates}]
"""


def make(
    content: str | bytes,
    data: str = "ignore: []",
    task: str = "binary_classification",
    target: str = "y",
    gates: str = "",
) -> Dataset:
    """The data set of a table called x.csv under a spec called model.yaml.

    `data` is a line of the `data:` section; it stands in line 8, from column 3.
    """
    text = SPEC.format(task=task, target=target, data=data, gates=gates)
    loaded = load(text.encode(), "model.yaml")
    content = content.encode() if isinstance(content, str) else content
    return prepare(content, "x.csv", loaded.spec, loaded.places)


def refused(*args: object, **kwargs: str) -> list[str]:
    """What is wrong, as `file:line:column: message` lines; `make` must refuse."""
    try:
        make(*args, **kwargs)  # type: ignore[arg-type]
    except InputError as error:
        return [f"{d.location}: {d.message}" for d in error.diagnostics]
    raise AssertionError("it was accepted")


def hints(*args: object, **kwargs: str) -> list[str]:
    """The hints of what is wrong."""
    try:
        make(*args, **kwargs)  # type: ignore[arg-type]
    except InputError as error:
        return [d.hint for d in error.diagnostics]
    raise AssertionError("it was accepted")


def rows(count: int = 200) -> str:
    """Good rows under the header `x,c,y`."""
    return "".join(f"{i}.5,{'abc'[i % 3]},{('no', 'yes')[i % 2]}\n" for i in range(count))


HEAD = "x,c,y\n"
GOOD = HEAD + rows()
FEATURES = "features: {x: number, c: category}"
