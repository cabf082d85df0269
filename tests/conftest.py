from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

# How long one example takes says how busy the machine is, and nothing about the code.
settings.register_profile("modelspec", deadline=None)
settings.load_profile("modelspec")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows what tests have counted and measured (`record_property`)."""
    reports = [r for name in ("passed", "failed") for r in terminalreporter.getreports(name)]
    figures = [(r.nodeid, key, value) for r in reports for key, value in r.user_properties]
    if figures:
        terminalreporter.section("figures")
    for test, key, value in figures:
        terminalreporter.line(f"{test.rpartition('::')[2]}: {key}: {value}")
