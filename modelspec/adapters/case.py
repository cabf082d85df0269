"""Refs that differ only in case: two in git, one file on a disk that does not tell them apart."""

from __future__ import annotations

import os

from modelspec.adapters.git import Repository, tag_prefix
from modelspec.adapters.git_process import read
from modelspec.diagnostics import Diagnostic, WorldError


def refuse_tags_in_other_case(repository: Repository, name: str) -> None:
    """Insist that no tag is like a release of this model but for its case: `Churn/v1.0.0`.

    Where the disk takes both for one file, git reads the one for the other, or loses it.

    Raises:
        WorldError: names those tags.
    """
    prefix = tag_prefix(name)
    listing = read(
        repository.root, "for-each-ref", "--ignore-case", "--format=%(refname)", f"{prefix}*"
    )
    refs = os.fsdecode(listing.output).splitlines()
    odd = [ref.removeprefix("refs/tags/") for ref in refs if not ref.startswith(f"{prefix}v")]
    wrong = [tag for tag in odd if tag.lower().startswith(f"{name}/v")]
    if wrong:
        raise WorldError(
            Diagnostic(
                f"{', '.join(wrong)} differs from the tags of {name} only in case: on some disks "
                "the two are one file",
                hint=f"git tag -d {' '.join(wrong)}, and remove it from the remote too",
            )
        )
