"""Results on this machine's disk: an entry exists exactly if its step is finished."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from modelspec.adapters.files import replace_file, sync, sync_tree, wrap_os_errors
from modelspec.diagnostics import WorldError
from modelspec.plan.digest import short

RECORD = "record.json"


class Store:
    """The folder `.modelspec`.

    `cache/<step>/<address>/` may vanish at any time. `releases/<step>/<output>/` holds the
    bytes that tags name. Both kinds of entry are folders with a `record.json` and the files of
    the step; an entry appears by one rename, when it is complete and on disk. `seconds/` holds
    for each model how long its steps took, for estimates alone.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = root / "cache"
        self.releases = root / "releases"

    def open(self) -> None:
        """Make the folder, and tell git to leave it alone."""
        with wrap_os_errors(self.root):
            self.root.mkdir(exist_ok=True)
            ignore = self.root / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", "utf-8")

    def sweep(self) -> None:
        """Remove what killed runs left behind; only for who holds the lock."""
        shutil.rmtree(self.root / "tmp", ignore_errors=True)

    def begin(self) -> Path:
        """An empty folder for the files of a step that runs."""
        with wrap_os_errors(self.root):
            (self.root / "tmp").mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(dir=self.root / "tmp"))

    def finish(self, folder: Path, step: str, address: str, record: Mapping[str, Any]) -> Path:
        """Make a folder from `begin` the entry of a finished step."""
        files = {name: _sha256(folder / name) for name in _names(folder)}
        with wrap_os_errors(self.root):
            text = json.dumps({"record": record, "files": files}, sort_keys=True, indent=1)
            (folder / RECORD).write_text(text + "\n", "utf-8")
            sync_tree(folder)
            return _place(folder, self.cache / step / address)

    def keep(self, step: str, address: str, output: str) -> None:
        """Keep the bytes of a cache entry for as long as a tag names them."""
        entry, kept = self.cache / step / address, self.releases / step / short(output)
        if kept.exists() or not entry.exists():
            return
        with wrap_os_errors(self.root):
            folder = self.begin()
            shutil.copytree(entry, folder, copy_function=_link, dirs_exist_ok=True)
            sync_tree(folder)
            _place(folder, kept)

    def entries(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Every intact entry of the cache: step, short address, record."""
        yield from _entries(self.cache)

    def kept(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Every intact entry that a release names: step, short output digest, record."""
        yield from _entries(self.releases)

    def seconds(self, model: str) -> dict[str, float]:
        """How long each step of a model took the last time it ran here."""
        try:
            found = json.loads(self._seconds(model).read_text("ascii"))
            return {str(step): float(took) for step, took in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def took(self, model: str, step: str, seconds: float) -> None:
        """Remember how long a step took; that the disk does not allow it is no matter."""
        known = self.seconds(model) | {step: round(seconds, 2)}
        with suppress(WorldError):
            replace_file(self._seconds(model), json.dumps(known, indent=1).encode())

    def _seconds(self, model: str) -> Path:
        return self.root / "seconds" / f"{model}.json"

    def folder(self, step: str, output: str) -> Path | None:
        """The files of a finished step, found by what it made; None if they are not here."""
        for root in (self.releases, self.cache):
            for entry in (root / step).glob("*"):
                record, files = _read(entry)
                if record and record["output"] == output and _intact(entry, files):
                    return entry
        return None


def _place(folder: Path, entry: Path) -> Path:
    entry.parent.mkdir(parents=True, exist_ok=True)
    if entry.exists():
        shutil.rmtree(entry)
    folder.rename(entry)
    sync(entry.parent)
    return entry


def _entries(root: Path) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for entry in sorted(root.glob("*/*")):
        record, files = _read(entry)
        if record is not None and all((entry / name).is_file() for name in files):
            yield entry.parent.name, entry.name, record


def _read(entry: Path) -> tuple[Mapping[str, Any] | None, Mapping[str, str]]:
    """Record and digests of files of an entry; a damaged one counts as absent."""
    try:
        stored = json.loads((entry / RECORD).read_text("utf-8"))
        record, files = stored["record"], stored["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return None, {}
    whole = isinstance(record, dict) and "output" in record and isinstance(files, dict)
    return (record, files) if whole else (None, {})


def _intact(entry: Path, files: Mapping[str, str]) -> bool:
    if all((entry / n).is_file() and _sha256(entry / n) == digest for n, digest in files.items()):
        return True
    shutil.rmtree(entry, ignore_errors=True)
    return False


def _names(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
