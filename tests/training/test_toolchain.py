from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from modelspec.training.toolchain import cpu_class, cpu_flags, toolchain

if TYPE_CHECKING:
    from pathlib import Path

AVX2 = frozenset({"avx2", "fma", "sse2"})
AVX512 = AVX2 | {"avx512f", "avx512bw", "avx512dq", "avx512vl"}


def test_the_toolchain_names_every_version_on_which_bits_depend() -> None:
    found = toolchain()
    assert set(found) == {"python", "tensorflow", "keras", "numpy", "tf2onnx", "cpu"}
    assert all(found.values())


def test_the_toolchain_is_told_without_importing_tensorflow_or_numpy() -> None:
    code = (
        "import sys; from modelspec.training.toolchain import toolchain; toolchain();"
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("machine", "flags", "expected"),
    [
        ("x86_64", AVX512, "x86_64-v4"),
        ("x86_64", AVX512 - {"avx512vl"}, "x86_64-v3"),
        ("x86_64", AVX2, "x86_64-v3"),
        ("x86_64", frozenset({"sse2"}), "x86_64-v2"),
        ("aarch64", frozenset(), "aarch64"),
    ],
)
def test_the_cpu_class_is_the_instruction_set(
    machine: str, flags: frozenset[str], expected: str
) -> None:
    assert cpu_class(machine, flags) == expected


def test_flags_are_those_of_the_first_processor(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nflags\t\t: sse2 avx2\n\nprocessor\t: 1\nflags\t\t: fma\n")
    assert cpu_flags(path) == {"sse2", "avx2"}
    assert cpu_flags(tmp_path / "nowhere") == frozenset()
