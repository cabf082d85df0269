"""Atheris over one target: `python -m tests.fuzz load --seconds 600 --seed 1`."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any, get_args

import atheris

from tests.fuzz import LONGEST, TARGETS, answer


def main() -> None:
    """Run until the time is over, or until an input fails."""
    words = argparse.ArgumentParser(prog="python -m tests.fuzz")
    words.add_argument("target", choices=TARGETS)
    words.add_argument("--seconds", type=int, default=60)
    words.add_argument("--seed", type=int, default=1)
    chosen = words.parse_args()
    if chosen.target == "release":  # a spec that is wrong in a new way is no news here
        importlib.import_module("modelspec.spec.load")
    with atheris.instrument_imports(include=["modelspec", "jinja2", "yaml"]):
        target = importlib.import_module(f"tests.fuzz.{chosen.target}")
    with tempfile.TemporaryDirectory(prefix="modelspec-fuzz-") as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(target.SEEDS):
            (corpus / f"seed-{number}").write_bytes(seed)
        words_file = Path(folder, "dictionary")
        words_file.write_text(dictionary(), "ascii")
        options = {
            "seed": chosen.seed,
            "max_total_time": chosen.seconds,
            "max_len": LONGEST,
            "timeout": 10,
            "rss_limit_mb": 1024,
            "dict": words_file,
            "artifact_prefix": f"{tempfile.gettempdir()}/fuzz-{chosen.target}-",
            "verbosity": 1,
            "mutate_depth": 1 if hasattr(target, "mutated") else 5,
            "print_final_stats": 1,
        }
        flags = [f"-{name}={value}" for name, value in options.items()]
        atheris.Setup(
            [sys.argv[0], *flags, str(corpus)],
            lambda data: answer(target.check, data),
            **_mutator(target),
        )
        atheris.Fuzz()


def _mutator(target: Any) -> dict[str, Any]:
    if not hasattr(target, "mutated"):
        return {}

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        return bytes(target.mutated(data, seed, atheris.Mutate, most)[:most])

    return {"custom_mutator": mutate}


def dictionary() -> str:
    """Words of the language and of templates, for mutations that go beyond the first check."""
    from modelspec.spec.metrics import METRICS
    from modelspec.spec.model import ModelSpec, Task

    schema = ModelSpec.model_json_schema()
    parts = [schema, *schema["$defs"].values()]
    names = {name for part in parts for name in part.get("properties", {})}
    keywords = "for endfor if endif set block endblock macro endmacro include extends raw filter"
    marks = ["{{", "}}", "{%", "%}", "{#", ">=", " for each ", " for class ", " with at least "]
    marks += [" baseline", " rows", ": ", "- ", "|", ">", "''", '"', "&a ", "*a", "!t", "---"]
    listed = [*names, *METRICS, *get_args(Task), *keywords.split(), *marks]
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in sorted({*listed}))
    return "".join(f'"{word}"\n' for word in quoted)


if __name__ == "__main__":
    main()
