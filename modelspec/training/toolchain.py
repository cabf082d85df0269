"""What weights and exports are made with, told without importing TensorFlow."""

from __future__ import annotations

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_DISTRIBUTIONS = {
    "tensorflow": ("tensorflow-cpu", "tensorflow"),
    "keras": ("keras",),
    "numpy": ("numpy",),
    "tf2onnx": ("tf2onnx",),
}
# The instruction sets by which TensorFlow's kernels choose their order of additions, and so
# their last bit: names and flags as in the x86-64 psABI, the best level first.
_X86_LEVELS = (("v4", {"avx512f", "avx512bw", "avx512dq", "avx512vl"}), ("v3", {"avx2", "fma"}))


def toolchain() -> dict[str, str]:
    """Everything on which the bits of a training depend: versions, and the CPU class.

    Returns:
        Name to version, such as `{"tensorflow": "2.21.0", "cpu": "x86_64-v4", ...}`. A library
        that is not installed is left out.
    """
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name, distributions in _DISTRIBUTIONS.items():
        for distribution in distributions:
            try:
                found[name] = version(distribution)
                break
            except PackageNotFoundError:
                continue
    return found | {"cpu": cpu_class(os.uname().machine, cpu_flags())}


def cpu_class(machine: str, flags: frozenset[str]) -> str:
    """A machine's architecture, with its x86-64 level where it has one."""
    if machine != "x86_64":
        return machine
    return f"{machine}-{next((level for level, needed in _X86_LEVELS if needed <= flags), 'v2')}"


def cpu_flags(path: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """The flags of the first processor; empty where the system does not tell them so."""
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("flags"):
                    return frozenset(line.partition(":")[2].split())
    except OSError:
        pass
    return frozenset()
