"""The steps, in the order they run, and exactly what each of them reads.

A step's key is the digest of what its row names. Nothing else may reach the step: what is
missing here would be done once too rarely, what is too much here once too often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from modelspec.plan.pins import BASE, DATA
from modelspec.plan.records import (
    CheckRecord,
    DataRecord,
    EvaluateRecord,
    ExportRecord,
    GateRecord,
    ImageRecord,
    Record,
    ReferenceRecord,
    TrainRecord,
)
from modelspec.spec.data import Csv
from modelspec.spec.model import ModelSpec

# Of the split, and so of all that is drawn: first weights, order of rows, resamples, golden rows.
SEED = "data.split.seed"
GATES_OF_THE_CONTAINER = ("latency_p99", "container_size")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Attributes:
        name: of the step, such as `train` or `export.onnx`.
        format: raised when the step's contract changes, so that old results are not reused.
        reads: the parts of the canonical spec, as dotted paths.
        takes: what of earlier records enters the key: `train` is its output,
            `evaluate:threshold` a field of its record.
        needs: the steps whose files it opens.
        record: the type of what it finds out.
        files: whether it reads the files that the spec names.
        pins: what it reads of `model.lock`, as dotted paths of the spec.
        version: whether it reads the model's MAJOR.MINOR.
    """

    name: str
    format: int
    reads: tuple[str, ...]
    takes: tuple[str, ...]
    needs: tuple[str, ...]
    record: type[Record]
    files: bool = False
    pins: tuple[str, ...] = ()
    version: bool = False

    @property
    def stage(self) -> str:
        """The module of `modelspec.stages` that runs it."""
        return self.name.partition(".")[0]

    def pinned(self, pins: Mapping[str, str]) -> dict[str, str]:
        """Those of all pins that it reads."""
        return {path: digest for path, digest in pins.items() if path in self.pins}

    @property
    def upstream(self) -> tuple[str, ...]:
        """The steps whose records enter the key."""
        names = tuple(name.split(":")[0] for name in self.takes)
        return ("data", "train", *names) if self.version else names


def rules(spec: ModelSpec) -> tuple[Rule, ...]:
    """The steps of one spec, in the order they run."""
    served = f"export.{spec.serve.runtime}"
    metric_gates = any(g.metric not in GATES_OF_THE_CONTAINER for g in spec.evaluate.gates)
    container_gates = any(g.metric in GATES_OF_THE_CONTAINER for g in spec.evaluate.gates)
    gates = ("task", "evaluate.gates")
    written = () if spec.data.csv == Csv() else ("data.csv",)
    rows: list[Rule | None] = [
        Rule("data", 1, ("data", "task"), (), (), DataRecord, files=True, pins=(DATA,)),
        Rule("train", 1, ("task", "model", "train", SEED), ("data",), ("data",), TrainRecord),
        Rule(
            "evaluate",
            2,
            ("task", "evaluate.metrics", "evaluate.threshold", SEED),
            ("train", "data"),
            ("train", "data"),
            EvaluateRecord,
        ),
        # A slice may name any column of the data, so the files are read again.
        Rule(
            "gate",
            1,
            (*gates, *written),
            ("evaluate", "data"),
            ("evaluate", "data"),
            GateRecord,
            files=True,
            pins=(DATA,),
        )
        if metric_gates
        else None,
        *(
            Rule(f"export.{f}", 1, (SEED,), ("train", "data"), ("train", "data"), ExportRecord)
            for f in sorted(spec.export)
        ),
        Rule("reference", 1, (), ("data",), ("data",), ReferenceRecord),
        Rule(
            "image",
            2,
            ("metadata.name", "task", "serve", "container"),
            (served, "data", "reference", "evaluate:predictions", "evaluate:threshold"),
            (served, "reference"),
            ImageRecord,
            pins=(BASE,),
            version=True,
        ),
        Rule("check", 1, (), ("image",), ("image", served), CheckRecord),
        Rule("gate.container", 1, gates, ("check", "image"), (), GateRecord)
        if container_gates
        else None,
    ]
    return tuple(rule for rule in rows if rule)


def read_by(
    rule: Rule,
    spec: Mapping[str, Any],
    files: Mapping[str, str],
    pins: Mapping[str, str],
    version: str | None,
    taken: Callable[[str], Any],
) -> dict[str, Any]:
    """Everything the step reads, as plain data; its digest is the key of the step.

    Args:
        rule: the step's row of the table.
        spec: the canonical spec.
        files: path, relative to the spec, to git blob id.
        pins: path of a key of the spec to digest. A step without any has the key that it had
            before there were locks.
        version: MAJOR.MINOR.
        taken: gives the value of one entry of `rule.takes`.
    """
    pins = rule.pinned(pins)
    return {
        "step": rule.name,
        "format": rule.format,
        "spec": {path: at(spec, path) for path in rule.reads},
        "files": dict(files) if rule.files else {},
        "version": version if rule.version else None,
        "takes": {name: taken(name) for name in rule.takes},
        **({"pins": pins} if pins else {}),
    }


def at(spec: Mapping[str, Any], path: str) -> Any:
    """The part of a canonical spec at a dotted path; None where it is left out."""
    value: Any = spec
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
