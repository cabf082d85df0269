"""Have the base image at hand: in the engine, or as an archive that no engine is needed for.

The real one is pulled. Where that cannot be done, a stand-in is made from Debian packages (as
root on Debian or Ubuntu, a minute or two) and kept in the user's cache, under the same name. Its
Python is Debian's; the layers that are put on it are the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelspec.adapters import archive, base
from modelspec.adapters.engine import Engine, connect, failures
from modelspec.adapters.files import replace_file, user_cache
from modelspec.diagnostics import ModelspecError, WorldError

NAME = "python:3.11-slim-bookworm"
SUITE = "bookworm"
ROOT = Path(__file__).resolve().parent.parent
ARCHIVE = ROOT / ".modelspec" / "bases" / base.file_name(NAME)
PULL_SECONDS = 300
# Written anew on every machine and every run, and needed by none.
LEFT_OUT = (
    *("./dev/*", "./proc/*", "./sys/*", "./run/*", "./tmp/*"),
    *("./var/cache/*", "./var/log/*", "./var/lib/apt/lists/*", "./debootstrap"),
    *("./etc/hostname", "./etc/resolv.conf", "./etc/machine-id", "./var/lib/dbus/machine-id"),
    *("./usr/share/doc/*/changelog*", "./usr/share/man/*", "./usr/share/locale/*"),
)


def main() -> int:
    """Returns the exit code: without a base nothing can be released, so that is a failure."""
    try:
        engine: Engine | None = connect()
    except ModelspecError:
        engine = None
    try:
        if engine is None:
            _make()
        elif _pulled(engine):
            _save(engine)
        else:
            _make()
            with ARCHIVE.open("rb") as file:
                engine.load(archive.pieces(file))
            say(f"loaded {NAME} into the engine")
    except (ModelspecError, OSError, subprocess.CalledProcessError) as error:
        say(str(error))
        return 1
    return 0


def say(text: str) -> None:
    """Print a line, at once."""
    print(f"base image: {text}", flush=True)


def _pulled(engine: Engine) -> bool:
    """Whether the engine has it, if need be from its registry."""
    if engine.inspect(NAME):
        say(f"{NAME} is in the engine")
        return True
    if ARCHIVE.exists() or _cached().exists():
        return False
    say(f"pulling {NAME}")
    failed: list[ModelspecError] = []
    pull = threading.Thread(target=_pull, args=(engine, failed), daemon=True)
    pull.start()
    pull.join(PULL_SECONDS)
    if failed or pull.is_alive():
        reason = failed[0] if failed else f"not done within {PULL_SECONDS} s"
        say(f"it cannot be pulled ({reason})")
        return False
    return True


def _pull(engine: Engine, failed: list[ModelspecError]) -> None:
    try:
        engine.pull(NAME)
    except ModelspecError as error:
        failed.append(error)


def _save(engine: Engine) -> None:
    """Have the very image of the engine on disk too, for work without an engine."""
    wanted = (engine.inspect(NAME) or {}).get("Id")
    if ARCHIVE.exists():
        with archive.opened(ARCHIVE) as found:
            if found.id == wanted:
                return
    with _replacing() as part, part.open("wb") as file, failures(f"saving {NAME}"):
        for piece in engine.client.images.get(NAME).save(named=True):
            file.write(piece)


@contextmanager
def _replacing() -> Iterator[Path]:
    """A file that becomes the archive when the block is done."""
    ARCHIVE.parent.mkdir(parents=True, exist_ok=True)
    part = ARCHIVE.with_suffix(".part")
    yield part
    part.replace(ARCHIVE)
    say(f"wrote {ARCHIVE.relative_to(ROOT)}")


def _make() -> None:
    """Write the archive, out of the cache or anew."""
    if ARCHIVE.exists():
        say(f"{ARCHIVE.relative_to(ROOT)} is there")
        return
    cached = _cached()
    if not cached.exists():
        say("making a stand-in from Debian packages, which takes a minute or two, once")
        _bootstrap(cached)
    with _replacing() as part:
        shutil.copyfile(cached, part)


def _cached() -> Path:
    architecture = os.uname().machine
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    return user_cache() / "bases" / f"{SUITE}-{architecture}-{recipe}.tar"


def _bootstrap(target: Path) -> None:
    if os.geteuid() != 0:
        raise WorldError(f"only root can make a stand-in: docker pull {NAME}, or run as root")
    if not shutil.which("debootstrap"):
        packages = ["debootstrap", "debian-archive-keyring"]
        if subprocess.run([ROOT / ".ci" / "apt", *packages], check=False).returncode:
            raise WorldError("a stand-in is made by debootstrap, which could not be installed")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="modelspec-base-", dir=target.parent) as folder:
        tree = Path(folder) / "root"
        _debootstrap(tree)
        replace_file(target, _archive(tree, Path(folder) / "layer.tar.gz"))


def _debootstrap(tree: Path) -> None:
    said = tree.with_suffix(".log")
    command = ["debootstrap", "--variant=minbase", "--include=python3,ca-certificates", SUITE]
    with said.open("wb") as log:
        done = subprocess.run(
            [*command, str(tree), *_mirror()], stdout=log, stderr=log, check=False
        )
    if done.returncode:
        lines = said.read_text("utf-8", "replace").split("\n")
        raise WorldError(f"debootstrap failed: {' '.join(lines[-3:]).strip()}")


def _mirror() -> list[str]:
    """Where this machine gets its own packages from, if that is Debian."""
    if "ID=debian" not in Path("/etc/os-release").read_text("utf-8").splitlines():
        return []
    found = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)"],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in found.stdout.splitlines():
        codename, component, address = line.split(" ", 2)
        if (codename, component) == (SUITE, "main"):
            return [address]
    return []


def _archive(tree: Path, layer: Path) -> bytes:
    """The tree as an image: times are cut off at that of its youngest package."""
    youngest = max(
        int(path.lstat().st_mtime) for path in (tree / "usr/share/doc").glob("*/changelog*")
    )
    tar = [
        *("tar", "--create", "--directory", str(tree), "--sort=name", "--numeric-owner"),
        *("--format=pax", "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime"),
        *(f"--mtime=@{youngest}", "--clamp-mtime", "--hard-dereference"),
        *(f"--exclude={pattern}" for pattern in LEFT_OUT),
        ".",
    ]
    plain = layer.with_suffix("")
    with plain.open("wb") as out:
        subprocess.run(tar, stdout=out, check=True)
    with plain.open("rb") as file:
        diff_id = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    subprocess.run(["gzip", "-n", "-5", str(plain)], check=True)
    config = _config(tree, diff_id)
    blob = (layer.stat().st_size, archive.pieces(layer.open("rb")))
    return b"".join(archive.write(config, NAME, ["layer.tar.gz"], [("layer.tar.gz", blob)]))


def _config(tree: Path, diff_id: str) -> bytes:
    packages = (tree / "var/lib/dpkg/status").read_text("utf-8").split("\n\n")
    python = next(p for p in packages if p.startswith("Package: python3.11-minimal\n"))
    version = next(line for line in python.splitlines() if line.startswith("Version: "))
    architecture = next(p for p in packages if p.startswith("Package: dpkg\n"))
    kind = next(line for line in architecture.splitlines() if line.startswith("Architecture: "))
    content = {
        "architecture": kind.partition(": ")[2],
        "config": {
            "Cmd": ["python3"],
            "Env": [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG=C.UTF-8",
                f"PYTHON_VERSION={version.partition(': ')[2].partition('-')[0]}",
            ],
        },
        "created": "1970-01-01T00:00:00Z",
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": f"debootstrap {SUITE}"}],
        "os": "linux",
        "rootfs": {"diff_ids": [diff_id], "type": "layers"},
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


if __name__ == "__main__":
    sys.exit(main())
