"""The packages of the serving image: hash-checked wheels, unpacked without running anything."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path

from packaging.markers import Marker

from modelspec.adapters import layers
from modelspec.adapters.files import replace_file, user_cache, wrap_os_errors
from modelspec.adapters.layers import HOME, Layer, digest
from modelspec.diagnostics import WorldError

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# Versions of the C library: the oldest that wheels are still built for, and Debian 12's.
OLDEST, NEWEST = 17, 36
DOWNLOAD_SECONDS = 900
# For command lines, for compilers, and for tools beside the interpreter: what serves imports none
# of them. Were that to change, no image would become ready, and none is released that does not
# answer.
NEVER_IMPORTED: Mapping[str, frozenset[str]] = {
    "tflite": frozenset({"backports-strenum", "click", "flatbuffers", "ml-dtypes", "tqdm"}),
    "onnx": frozenset({"click", "flatbuffers", "packaging"}),
    "savedmodel": frozenset({"click", "grpcio", "libclang", "markdown-it-py", "mdurl", "wheel"}),
}
# What no program reads while it runs, what differs with the machine that unpacks, what is for
# compiling against TensorFlow, and what LiteRT brings for accelerators: it serves on CPUs.
_LEFT_OUT = re.compile(
    r"(^|/)(tests|__pycache__)/|^(?!tensorflow/)(.*/)?test/"
    r"|\.(pyc|pyi|pxd|h|c|a|lib|f90)$|\.dist-info/(RECORD|INSTALLER)$"
    r"|^ai_edge_litert/(tools|vendors)/|^ai_edge_litert/libLiteRtWebGpuAccelerator\.so$"
    r"|^tensorflow/include/"
)


def requirements(runtime: str) -> Path:
    """The pinned packages of an image that runs networks by `runtime`, and of nothing else."""
    return Path(__file__).parent.parent / "serving" / f"requirements-{runtime}.txt"


def lock_digest(runtime: str) -> str:
    """Digest of the pins: one part of what an image is made with."""
    return digest(requirements(runtime).read_bytes())


def layer(runtime: str, architecture: str, python: str) -> Layer:
    """The layer of packages; made once by a user, as it is the same for all models.

    Args:
        runtime: one of `contract.MODEL_FILES`.
        architecture: as images name it: `amd64` or `arm64`.
        python: such as `3.11`.

    Raises:
        WorldError: if the packages cannot be had.
    """
    kept = user_cache() / "layers" / f"{_address(runtime, architecture, python)}.tar.gz"
    note = kept.with_suffix(".digests")
    try:
        diff_id, of_gzipped = note.read_text("ascii").split()
        gzipped = kept.read_bytes()
    except (OSError, ValueError):
        diff_id, of_gzipped, gzipped = "", "", b""
    if of_gzipped and digest(gzipped) == of_gzipped:
        return Layer("wheels", diff_id, gzipped)
    files = unpack(fetch(runtime, architecture, python), NEVER_IMPORTED[runtime])
    made = layers.layer("wheels", {f"{HOME}/wheels/{path}": files[path] for path in files})
    replace_file(kept, made.gzipped)
    replace_file(note, f"{made.diff_id} {digest(made.gzipped)}\n".encode())
    return made


def fetch(runtime: str, architecture: str, python: str) -> Path:
    """A folder with the wheels for a platform; downloaded once, by the user's own pip.

    Raises:
        WorldError: as `layer`.
    """
    if architecture not in MACHINES:
        raise WorldError(f"the base image is for {architecture}; wheels exist for amd64 and arm64")
    name = f"{lock_digest(runtime)[7:23]}-{architecture}-{python}"
    machine = MACHINES[architecture]
    pins = selected(requirements(runtime).read_text("utf-8"), python, machine)
    folder = user_cache() / "wheels" / name
    if folder.is_dir():
        return folder
    with wrap_os_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            _download(Path(temporary), name, pins, machine, python)
            try:
                (Path(temporary) / name).rename(folder)
            except OSError:
                if not folder.is_dir():  # if it is, another run was quicker
                    raise
    return folder


def unpack(folder: Path, left_out: Collection[str]) -> dict[str, bytes]:
    """The files that Python imports of the wheels of a folder: path to content.

    Args:
        folder: of wheels.
        left_out: packages that are not wanted.

    Raises:
        WorldError: if a wheel is damaged; it is removed, so that the next run gets it again.
    """
    files: dict[str, bytes] = {}
    for wheel in sorted(folder.glob("*.whl")):
        if wheel.name.partition("-")[0].replace("_", "-").lower() in left_out:
            continue
        try:
            with zipfile.ZipFile(wheel) as archive:
                for entry in archive.infolist():
                    path = _installed(entry.filename)
                    if path and not entry.is_dir():
                        files[path] = archive.read(entry)
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            with wrap_os_errors(folder):
                for each in folder.iterdir():
                    each.unlink()
                folder.rmdir()
            raise WorldError(
                f"the cached {wheel.name} is damaged ({error}): it is removed; try again"
            ) from None
    return files


def selected(text: str, python: str, machine: str) -> str:
    """The pins that hold for a Python on Linux, without their markers.

    pip reads markers with the Python that it runs on, also when it downloads for another one.

    Args:
        text: in the format of requirements.txt.
        python: such as `3.11`.
        machine: as the kernel names it, such as `x86_64`.
    """
    there = {
        "platform_machine": machine,
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }
    chosen = []
    for line in text.replace("\\\n", " ").splitlines():
        pin, _, rest = line.partition("#")[0].partition("--hash")
        name, _, marker = pin.partition(";")
        if name.strip() and (not marker or Marker(marker).evaluate(there)):
            chosen.append(f"{name.strip()} --hash{rest.rstrip()}")
    return "\n".join(chosen) + "\n"


def _download(temporary: Path, name: str, pins: str, machine: str, python: str) -> None:
    wanted = temporary / "requirements.txt"
    wanted.write_text(pins, "utf-8")
    tags = [f"manylinux_2_{n}_{machine}" for n in range(OLDEST, NEWEST + 1)]
    tags += [f"manylinux2014_{machine}"]
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-input", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--python-version", python, "--implementation", "cp"),
        *(word for tag in tags for word in ("--platform", tag)),
        *("--requirement", str(wanted), "--dest", str(temporary / name)),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=DOWNLOAD_SECONDS
        )
    except subprocess.TimeoutExpired:
        minutes = DOWNLOAD_SECONDS // 60
        raise WorldError(f"pip did not get the serving packages in {minutes} minutes") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        reason = next((line for line in said if line.startswith("ERROR")), said[-1])
        raise WorldError(f"pip cannot get the serving packages: {reason.removeprefix('ERROR: ')}")


def _address(runtime: str, architecture: str, python: str) -> str:
    """Names a layer after all that it is made with: pins, platform, and how they are unpacked."""
    parts = [requirements(runtime), Path(__file__), Path(layers.__file__)]
    code = digest(b"".join(part.read_bytes() for part in parts))
    return f"{code[7:23]}-{architecture}-{python}"


def _installed(name: str) -> str | None:
    """Where a file of a wheel goes below the folder of packages; None if it does not."""
    top, _, rest = name.partition("/")
    if top.endswith(".data"):
        kind, _, name = rest.partition("/")
        if kind not in ("purelib", "platlib"):
            return None
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or _LEFT_OUT.search(name):
        return None
    return name
