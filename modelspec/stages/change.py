"""What has to become of files: worked out in memory first, then written as one change."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelspec.adapters.files import empty_folder, remove_file, replace_file, replace_files
from modelspec.adapters.trees import Files
from modelspec.diagnostics import Diagnostic, WorldError
from modelspec.plan.digest import file_digest

# While files are written: the new files, until they get their names, and digests of what they
# will be, so that what a killed run has left is not taken for the work of hands.
STAGE = "deploy/.writing"
JOURNAL = f"{STAGE}/digests"
_LINES = 40


@dataclass(frozen=True, slots=True)
class Change:
    """New contents of files.

    Attributes:
        files: path to content, None to remove it; in the order in which they are written.
        edited: files that somebody edited by hand, which writing would undo.
    """

    files: Mapping[str, bytes | None] = field(default_factory=dict)
    edited: tuple[Diagnostic, ...] = ()

    def refuse_edited(self, *, force: bool) -> None:
        """Refuse to undo what was edited by hand, unless that is wanted.

        Raises:
            WorldError: names each file, with what would change in it.
        """
        if self.edited and not force:
            raise WorldError(*self.edited)


def together(changes: Iterable[Change]) -> Change:
    """Several changes as one, in their order."""
    files: dict[str, bytes | None] = {}
    edited: list[Diagnostic] = []
    for change in changes:
        files |= change.files
        edited += change.edited
    return Change(files, tuple(edited))


def bring(
    files: Files, wanted: Mapping[str, bytes | None], ours: Collection[str], free: str
) -> Change:
    """What has to be written for files to have these contents.

    Args:
        files: as they are.
        wanted: path to content, None for no such file.
        ours: digests of contents that were rendered before.
        free: a path whose content may be replaced whatever it is.
    """
    changed: dict[str, bytes | None] = {}
    edited: list[Diagnostic] = []
    for path, content in wanted.items():
        there = files.read(path)
        if there == content:
            continue
        changed[path] = content
        if there is None or path == free:
            continue
        digest = file_digest(there)
        if digest not in ours and digest not in _journal(files):
            edited.append(_edited(path, there, content))
    return Change(changed, tuple(edited))


def write(root: Path, change: Change, *, force: bool = False) -> tuple[Path, ...]:
    """Write a change to the work tree; returns the files that changed.

    Killed half way, it leaves whole files, and the same change is what is then still to be done.

    Args:
        root: of the work tree.
        change: to be made.
        force: also undo what was edited by hand.

    Raises:
        WorldError: a file was edited by hand, a folder leads out of the repository, or the disk
            does not allow it.
    """
    change.refuse_edited(force=force)
    journal = root / JOURNAL
    if change.files:
        _refuse_links(root, (*change.files, JOURNAL))
        coming = [file_digest(content) for content in change.files.values() if content is not None]
        known = _digests(journal.read_bytes() if journal.is_file() else b"")
        empty_folder(journal.parent, but=[journal.name])
        replace_file(journal, json.dumps(sorted({*known, *coming}), indent=1).encode())
        files = {root / path: content for path, content in change.files.items()}
        replace_files(files, journal.parent, up_to=root / "deploy")
    empty_folder(journal.parent, but=[journal.name])
    remove_file(journal, up_to=root / "deploy")
    return tuple(root / path for path in change.files)


def _refuse_links(root: Path, paths: Iterable[str]) -> None:
    """Refuse to write where a link could lead anywhere: who wrote it may be a stranger."""
    parts = (path.split("/") for path in paths)
    folders = {"/".join(part[:length]) for part in parts for length in range(1, len(part))}
    links = sorted(folder for folder in folders if (root / folder).is_symlink())
    if links:
        raise WorldError(
            f"{', '.join(links)} is a symbolic link: files are written to this repository alone"
        )


def _journal(files: Files) -> list[str]:
    return _digests(files.read(JOURNAL) or b"")


def _digests(content: bytes) -> list[str]:
    try:
        found = json.loads(content)
    except ValueError:
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _edited(path: str, there: bytes, wanted: bytes | None) -> Diagnostic:
    """The refusal of a file, with what writing would do to it."""
    from difflib import unified_diff

    old, new = ((text or b"").decode("utf-8", "replace") for text in (there, wanted))
    lines = list(unified_diff(old.splitlines(), new.splitlines(), path, "rendered", "", "", 1, ""))
    shown = lines[:_LINES] + ["..."] * (len(lines) > _LINES)
    doing = "be removed" if wanted is None else "be written anew"
    return Diagnostic(
        "\n  ".join([f"{path} was edited by hand, and is to {doing}:", *shown]),
        hint="make the change in model.yaml, in the environment or in a template; "
        "--force gives it up",
    )
