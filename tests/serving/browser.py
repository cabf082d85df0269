"""The try-it page in Debian's Chromium, as playwright drives it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from modelspec.adapters.process import PAGE
from tests.serving.processes import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.serving.folders import Folder


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window while the block runs.

    A test without it is left out, in CI it fails.
    """
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        # Root may not use the sandbox of Chromium.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Tab:
    """A page that was opened, and what its browser had to say."""

    page: Page
    server: Server
    messages: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def shown(self) -> list[str]:
        """The words of the answer."""
        return self.page.get_by_role("status").inner_text().split()

    def predict(self) -> None:
        """Asks, and waits for what comes of it."""
        with self.page.expect_response(lambda response: ":predict" in response.url):
            self.page.get_by_role("button", name="Predict").click()
        self.page.wait_for_selector("#predict:not([aria-disabled])")


@contextmanager
def opened(browser: Browser, server: Server, **options: Any) -> Iterator[Tab]:
    context = browser.new_context(**options)
    tab = Tab(context.new_page(), server)
    tab.page.on("console", lambda message: tab.messages.append(message.text))
    tab.page.on("pageerror", lambda error: tab.messages.append(str(error)))
    tab.page.on("request", lambda request: tab.asked.append(request.url))
    tab.page.goto(f"http://127.0.0.1:{server.port}/try")
    tab.page.wait_for_selector(".field")
    yield tab
    context.close()


@contextmanager
def trying(browser: Browser, folder: Folder) -> Iterator[Tab]:
    with (
        Server(folder.path, MODELSPEC_PAGE_DIR=str(PAGE)) as server,
        opened(browser, server) as tab,
    ):
        yield tab
