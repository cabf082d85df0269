"""The number of the next release, from what has been released."""

from __future__ import annotations

from collections.abc import Iterable

from modelspec.plan.release import Release
from modelspec.plan.tags import Version


def model_version(
    releases: Iterable[Release],
    taken: Iterable[Version],
    train_key: str,
    interface: object,
) -> Version:
    """MAJOR.MINOR.0 of the model: two versions share it exactly if they share the train key.

    Another interface (input or output schema) than the latest release's is a new MAJOR,
    another model of the same interface a new MINOR. The first is 1.0.

    Args:
        releases: of this model, in any order.
        taken: every number in use, readable or not.
        train_key: of the model at hand.
        interface: of the model at hand: `Schema.interface()`.
    """
    ordered = sorted(releases, key=lambda r: Version.parse(r.version))
    for release in reversed(ordered):
        if release.key("train") == train_key:
            same = Version.parse(release.version)
            return Version(same.major, same.minor, 0)
    numbers = {*taken, *(Version.parse(r.version) for r in ordered)}
    if not numbers:
        return Version(1, 0, 0)
    major = max(v.major for v in numbers)
    latest = ordered[-1] if ordered else None
    same_major = latest is not None and Version.parse(latest.version).major == major
    if latest and same_major and latest.schema_.interface() == interface:
        minor = max(v.minor for v in numbers if v.major == major)
        return Version(major, minor + 1, 0)
    return Version(major + 1, 0, 0)


def next_patch(model: Version, taken: Iterable[Version]) -> Version:
    """The first free number of a model's MAJOR.MINOR."""
    patches = [v.patch for v in taken if (v.major, v.minor) == (model.major, model.minor)]
    return Version(model.major, model.minor, max(patches, default=-1) + 1)
