"""Conflicts between what the container runs and the rest of a spec."""

from __future__ import annotations

from collections.abc import Iterator

from modelspec.serving.contract import LEAST_MEMORY
from modelspec.spec.findings import Finding
from modelspec.spec.model import ModelSpec
from modelspec.spec.paths import mebibytes
from modelspec.spec.places import Path


def check_runtime(spec: ModelSpec) -> Iterator[Finding]:
    """What the container runs: that it is made, and has room."""
    chosen: Path = ("serve", "runtime")
    runtime = spec.serve.runtime
    if runtime not in spec.export:
        message = f"export leaves out {runtime}, which the container runs"
        path: Path = ("export",)
        hint = f"write [{', '.join((*spec.export, runtime))}]"
        if "export" not in spec.model_fields_set:
            message = f"the container runs {runtime}, and without export only tflite is made"
            path, hint = chosen, f"add at the top level a line such as `export: [{runtime}]`"
        yield Finding(path, message, hint, (("export",), chosen))
    memory, least = spec.deploy.resources.memory, f"{LEAST_MEMORY[runtime]}Mi"
    of_memory: Path = ("deploy", "resources", "memory")
    if mebibytes(memory) < LEAST_MEMORY[runtime]:
        message = f"{runtime} needs at least {least} of memory, and {memory} is "
        path, hint = of_memory, f"write {least}"
        if "memory" in spec.deploy.resources.model_fields_set:
            message += "given"
        else:
            message += "what a pod has by default"
            path = path if "deploy" in spec.model_fields_set else chosen
            hint = _memory_line(spec, least)
        yield Finding(path, message, hint, (of_memory, chosen))


def _memory_line(spec: ModelSpec, least: str) -> str:
    """Where to write how much memory a pod has."""
    if "deploy" not in spec.model_fields_set:
        return f"add at the top level a line such as `deploy: {{resources: {{memory: {least}}}}}`"
    if "resources" not in spec.deploy.model_fields_set:
        return f"add below `deploy:` a line such as `resources: {{memory: {least}}}`"
    return f"add below `resources:` a line such as `memory: {least}`"
