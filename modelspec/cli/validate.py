"""`modelspec validate`."""

from __future__ import annotations

from modelspec.cli.words import Format, Labels, Owner, Specs, selection


def validate(
    specs: Specs = None, label: Labels = None, owner: Owner = "", form: Format = "text"
) -> None:
    """Check what people write, and print every mistake with its line."""
    from modelspec.cli.validating import run

    run(selection(specs, label, owner), form)
