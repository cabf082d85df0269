"""The try-it page in a real browser: what can be asked, what is shown, who can use it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from modelspec.adapters.process import PAGE
from tests.serving.browser import chromium, opened, trying
from tests.serving.folders import Folder, churn, rent, wine
from tests.serving.processes import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

WIDTH, HEIGHT = 375, 667  # of a small phone
# WCAG 2.2: of text, and the sizes of what is touched.
LEAST_CONTRAST, LEAST_TOUCHED = 4.5, 44
CONTRAST = """
(selector) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const luminance = (color) => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const element = document.querySelector(selector);
  let ground = element;
  while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") {
    ground = ground.parentElement;
  }
  const shades = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor];
  const [dark, light] = shades.map(luminance).sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = churn(tmp_path_factory.mktemp("churn"))
    with Server(folder.path, MODELSPEC_PAGE_DIR=str(PAGE)) as server:
        yield server


def test_an_image_has_no_page(server: Server) -> None:
    assert server.request("GET", "/try").status == 404


def test_a_folder_that_is_no_page_is_said_at_start(churn_folder: Folder, tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="serving: the page in .*none cannot be read"),
        Server(churn_folder.path, MODELSPEC_PAGE_DIR=str(tmp_path / "none")),
    ):
        pass


def test_usual_values_are_answered_at_once_with_the_probability(
    browser: Browser, tried: Server
) -> None:
    with opened(browser, tried) as tab:
        tab.predict()
        row = {"plan": "free", "tenure": 20, "region": "north", "spend": 55.5, "channel": "web"}
        (answer,) = tried.predict([row]).json["predictions"]
        shown = tab.shown()
        assert shown[0] == answer["label"]
        assert f"{answer['probability']:.3g}" == f"{_share(shown, 'yes'):.3g}"
        assert tab.page.title() == "Try churn"
        assert tab.messages == []


def _share(shown: list[str], label: str) -> float:
    """What is shown beside a class, which is below the answer."""
    percent = shown[1:][shown[1:].index(label) + 1]
    return float(percent.removesuffix("%")) / 100


def test_the_command_shown_asks_the_same(browser: Browser, tried: Server) -> None:
    with opened(browser, tried) as tab:
        tab.page.get_by_label("plan").select_option("team")
        tab.page.get_by_label("tenure").fill("")
        tab.page.get_by_label("spend").fill("1e3")
        with tab.page.expect_request(lambda request: ":predict" in request.url) as sent:
            tab.page.get_by_role("button", name="Predict").click()
        asked = json.loads(sent.value.post_data or "")
        assert asked == {
            "instances": [{"plan": "team", "region": "north", "spend": 1000, "channel": "web"}]
        }
        command = tab.page.locator("#curl").inner_text()
        found = subprocess.run(
            ["sh", "-c", f"{command} --silent"], capture_output=True, check=True, timeout=20
        )
        assert json.loads(found.stdout) == tried.predict(asked["instances"]).json


def test_what_is_missing_or_wrong_is_said_at_its_field(browser: Browser, tried: Server) -> None:
    with opened(browser, tried) as tab:
        page = tab.page
        page.get_by_role("button", name="Clear").click()
        tab.predict()
        assert _accused(page) == {"spend": "is missing"}
        page.get_by_label("spend").fill("12")
        assert _accused(page) == {}
        tab.predict()
        assert _accused(page) == {"plan": "is missing"}
        page.get_by_label("plan").select_option("pro")
        for typed, reason in (
            ("", "is missing"),
            ("-5", "must be between 0.0 and 1000000.0"),
            ("twelve", "must be a number, not a text"),
            ("1e999", "must be a number, not a text"),
        ):
            page.get_by_label("spend").fill(typed)
            tab.predict()
            assert _accused(page) == {"spend": reason}
            assert page.evaluate("document.activeElement.id") == page.get_by_label(
                "spend"
            ).get_attribute("id")
            assert tab.shown() == ["Not", "answered."]
        page.get_by_label("spend").fill("12")
        tab.predict()
        assert _accused(page) == {}
        assert "%" in "".join(tab.shown())


def _accused(page: Page) -> dict[str, str]:
    """The fields that are marked as wrong, with the reason as a screen reader is told it."""
    return page.evaluate(  # type: ignore[no-any-return]
        """() => Object.fromEntries([...document.querySelectorAll("[aria-invalid=true]")].map(
          (input) => [input.labels[0].firstChild.textContent,
            document.getElementById(input.getAttribute("aria-describedby").split(" ").at(-1))
              .textContent]))"""
    )


def test_other_tasks_and_a_server_that_is_gone(browser: Browser, tmp_path: Path) -> None:
    with trying(browser, wine(tmp_path / "wine")) as tab:
        tab.predict()
        (answer,) = tab.server.predict([[0.5, 0.5]], "wine").json["predictions"]
        best, *others = tab.shown()
        assert best == others[0] == answer["label"]
        assert {"barolo", "grignolino", "barbera"} < set(others)
    with trying(browser, rent(tmp_path / "rent")) as tab:
        tab.page.get_by_label("area").fill("100")
        tab.predict()
        (number,) = tab.server.predict([[100]], "rent").json["predictions"]
        assert float(*tab.shown()) == pytest.approx(number, rel=1e-5)
        tab.server.process.kill()
        tab.server.process.wait()
        tab.page.get_by_role("button", name="Predict").click()
        assert tab.page.get_by_role("alert").inner_text() == "The server does not answer."


def test_names_and_categories_are_text_and_never_code(browser: Browser, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    feature = {"name": evil, "type": "category", "values": ["it's", evil]}
    folder = churn(tmp_path / "churn", [feature], classes=[evil, f"</script>{evil}"])
    with trying(browser, folder) as tab:
        tab.page.get_by_label(evil).select_option(evil)
        tab.predict()
        assert evil in " ".join(tab.shown())
        assert tab.page.locator("img").count() == 0
        tab.page.get_by_label(evil).select_option("it's")
        command = tab.page.locator("#curl").inner_text()
        subprocess.run(
            ["sh", "-c", f"{command} --silent --fail"], capture_output=True, check=True, timeout=20
        )
        assert tab.messages == []


def test_nothing_is_known_of_personal_features(browser: Browser, tmp_path: Path) -> None:
    features = [
        {"name": "personal_age", "type": "number", "mean": 44.125, "scale": 9.0},
        {"name": "personal_town", "type": "category", "values": [], "hash": 8},
    ]
    with trying(browser, churn(tmp_path / "churn", features)) as tab:
        for name in ("personal_age", "personal_town"):
            assert tab.page.get_by_label(name).input_value() == ""
            assert tab.page.get_by_label(name).get_attribute("autocomplete") == "off"
        assert tab.page.locator(".hint:visible").all_inner_texts() == [
            "Nothing has been asked yet."
        ]


def test_the_page_asks_its_own_server_only_and_forbids_all_else(
    browser: Browser, tried: Server
) -> None:
    with opened(browser, tried) as tab:
        own = f"http://127.0.0.1:{tried.port}/"
        assert tab.asked
        assert all(url.startswith(own) for url in tab.asked)
        code = "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))"
        tab.page.evaluate(code)
        assert "Content Security Policy" in "".join(tab.messages)
    headers = tried.request("GET", "/try").headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("look", ["light", "dark"])
def test_text_can_be_read_in_both_looks(browser: Browser, tried: Server, look: str) -> None:
    with opened(browser, tried, color_scheme=look) as tab:
        tab.page.get_by_label("spend").fill("-1")
        tab.predict()
        sheet = tab.page.evaluate(
            "getComputedStyle(document.querySelector('form')).backgroundColor"
        )
        assert (sheet == "rgb(255, 255, 255)") is (look == "light")
        for selector in (
            *("h1", "#about", "label", "label small", ".field .hint:not([hidden])", "pre", "a"),
            *(".wrong:not([hidden])", "#predict", ".quiet", "h3", "#shown .hint", "input"),
        ):
            assert tab.page.evaluate(CONTRAST, selector) >= LEAST_CONTRAST, selector


def test_it_fits_a_phone_and_a_thumb_and_shows_the_answer(browser: Browser, tried: Server) -> None:
    screen = {"width": WIDTH, "height": HEIGHT}
    with opened(browser, tried, viewport=screen, is_mobile=True, has_touch=True) as tab:
        page = tab.page
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
        heights = "[...document.querySelectorAll('input, select, button')].map(e => e.offsetHeight)"
        assert min(page.evaluate(heights)) >= LEAST_TOUCHED
        assert page.get_by_label("spend").get_attribute("inputmode") == "decimal"
        tab.predict()
        box = page.locator("#shown .label").bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= HEIGHT - box["height"]


def test_the_keyboard_alone_is_enough(browser: Browser, tried: Server) -> None:
    with opened(browser, tried) as tab:
        names = []
        for _ in range(8):
            tab.page.keyboard.press("Tab")
            names.append(
                tab.page.evaluate(
                    "(document.activeElement.labels?.[0] ?? document.activeElement)"
                    ".firstChild.textContent"
                )
            )
        fields = ["plan", "tenure", "region", "spend", "channel"]
        assert names == ["Usual values", "Clear", *fields, "Predict"]
        with tab.page.expect_response(lambda response: ":predict" in response.url):
            tab.page.keyboard.press("Enter")
        tab.page.wait_for_selector("#shown .label")
