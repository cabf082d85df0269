"""The packages of the serving image: hash-checked wheels, unpacked without running anything."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from modelspec.adapters import layers
from modelspec.adapters.files import replace_file, user_cache, wrap_os_errors
from modelspec.adapters.layers import HOME, Layer, digest
from modelspec.diagnostics import WorldError

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# Versions of the C library: the oldest that wheels are still built for, and Debian 12's.
OLDEST, NEWEST = 17, 36
DOWNLOAD_SECONDS = 900
# For command lines, and for tools beside the interpreter: what serves imports none of them. Were
# that to change, no image would become ready, and none is released that does not answer.
NEVER_IMPORTED = frozenset({"backports-strenum", "click", "flatbuffers", "ml-dtypes", "tqdm"})
# What no program reads while it runs, what differs with the machine that unpacks, and what
# LiteRT brings for accelerators: it serves on CPUs.
_LEFT_OUT = re.compile(
    r"(^|/)(tests?|__pycache__)/|\.(pyc|pyi|pxd|h|c|a|lib|f90)$|\.dist-info/(RECORD|INSTALLER)$"
    r"|^ai_edge_litert/(tools|vendors)/|^ai_edge_litert/libLiteRtWebGpuAccelerator\.so$"
)


def requirements() -> Path:
    """The pinned packages of the serving runtime."""
    return Path(__file__).parent.parent / "serving" / "requirements.txt"


def lock_digest() -> str:
    """Digest of the pins: one part of what an image is made with."""
    return digest(requirements().read_bytes())


def layer(architecture: str, python: str) -> Layer:
    """The layer of packages; made once by a user, as it is the same for all models.

    Args:
        architecture: as images name it: `amd64` or `arm64`.
        python: such as `3.11`.

    Raises:
        WorldError: if the packages cannot be had.
    """
    kept = user_cache() / "layers" / f"{_address(architecture, python)}.tar.gz"
    note = kept.with_suffix(".digests")
    try:
        diff_id, of_gzipped = note.read_text("ascii").split()
        gzipped = kept.read_bytes()
    except (OSError, ValueError):
        diff_id, of_gzipped, gzipped = "", "", b""
    if of_gzipped and digest(gzipped) == of_gzipped:
        return Layer("wheels", diff_id, gzipped)
    folder = fetch(architecture, python)
    files = {f"{HOME}/wheels/{path}": content for path, content in unpack(folder).items()}
    made = layers.layer("wheels", files)
    replace_file(kept, made.gzipped)
    replace_file(note, f"{made.diff_id} {digest(made.gzipped)}\n".encode())
    return made


def fetch(architecture: str, python: str) -> Path:
    """A folder with the wheels for a platform; downloaded once, by the user's own pip.

    Raises:
        WorldError: as `layer`.
    """
    if architecture not in MACHINES:
        raise WorldError(f"the base image is for {architecture}; wheels exist for amd64 and arm64")
    name = f"{lock_digest()[7:23]}-{architecture}-{python}"
    folder = user_cache() / "wheels" / name
    if folder.is_dir():
        return folder
    with wrap_os_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            _download(Path(temporary), name, MACHINES[architecture], python)
            try:
                (Path(temporary) / name).rename(folder)
            except OSError:
                if not folder.is_dir():  # if it is, another run was quicker
                    raise
    return folder


def unpack(folder: Path) -> dict[str, bytes]:
    """The files that Python imports of all wheels of a folder: path to content.

    Raises:
        WorldError: if a wheel is damaged; it is removed, so that the next run gets it again.
    """
    files: dict[str, bytes] = {}
    for wheel in sorted(folder.glob("*.whl")):
        if wheel.name.partition("-")[0].replace("_", "-").lower() in NEVER_IMPORTED:
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


def selected(text: str, python: str) -> str:
    """The pins that hold for a Python on Linux, without their markers.

    pip reads markers with the Python that it runs on, also when it downloads for another one.

    Args:
        text: in the format of requirements.txt.
        python: such as `3.11`.
    """
    chosen = []
    for line in text.replace("\\\n", " ").splitlines():
        pin, _, rest = line.partition("#")[0].partition("--hash")
        name, _, marker = pin.partition(";")
        if name.strip() and _holds(marker.strip(), python):
            chosen.append(f"{name.strip()} --hash{rest.rstrip()}")
    return "\n".join(chosen) + "\n"


def _holds(marker: str, python: str) -> bool:
    if not marker or marker == "sys_platform == 'linux'":
        return True
    if marker == "sys_platform == 'win32'":
        return False
    match = re.fullmatch(r"python_(?:full_)?version (<|>=) '3\.(\d+)'", marker)
    if match is None:
        raise AssertionError(marker)
    older = int(python.partition(".")[2]) < int(match[2])
    return older == (match[1] == "<")


def _download(temporary: Path, name: str, machine: str, python: str) -> None:
    wanted = temporary / "requirements.txt"
    wanted.write_text(selected(requirements().read_text("utf-8"), python), "utf-8")
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


def _address(architecture: str, python: str) -> str:
    """Names a layer after all that it is made with: pins, platform, and how they are unpacked."""
    parts = [requirements(), Path(__file__), Path(layers.__file__)]
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
