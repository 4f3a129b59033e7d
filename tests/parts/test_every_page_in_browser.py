"""Every public page in a real browser: for eyes, for ears, by keyboard, narrow and wide."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import NEEDS_BROWSER, chromium, served
from everypage import every_page, guest_of
from playwright.sync_api import Browser, Page

from digest.tables import Base
from storage.database import Database
from storage.settings import DatabaseSettings

pytestmark = NEEDS_BROWSER

_NARROW, _WIDER = 320, (375, 640, 1280)  # px
_CANNOT_BE_SEEN = """() => {
  const unseen = [];
  for (const one of document.querySelectorAll("a[href], button, input:not([type=hidden])")) {
    if (one.tabIndex < 0) continue;
    one.focus();
    const shown = getComputedStyle(one);
    const isSeen = shown.outlineStyle !== "none" && parseInt(shown.outlineWidth) >= 1;
    if (!isSeen) unseen.push(one.outerHTML);
  }
  return unseen;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Give one database: what a browser shows does not depend on which."""
    database = Database(DatabaseSettings(url=f"sqlite:///{tmp_path}/digest.sqlite3"))
    database.create()
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


def open_each(page: Page, database: Database, *, language: str) -> Iterator[str]:
    """Open each page, in a browser that has signed up; name it."""
    paths = {name: path for name, path in every_page(database).items() if name != "data"}
    with served(guest_of(database).app) as url:
        page.goto(f"{url}/?lang={language}")
        page.locator("#email").fill("nobody@example.net")
        page.locator("main button").first.click()
        for name, path in paths.items():
            page.goto(f"{url}{path}{'&' if '?' in path else '?'}lang={language}")
            yield name


@pytest.mark.parametrize(
    ("language", "scheme", "rules"),
    [("de", "light", None), ("en", "dark", ["color-contrast"])],
    ids=["everything", "the dark"],
)
def test_check_23_axe_finds_nothing_nothing_scrolls_sideways_and_the_focus_is_in_sight(
    browser: Browser,
    database: Database,
    language: str,
    scheme: Literal["light", "dark"],
    rules: list[str] | None,
) -> None:
    """German has the longer words; of all rules only those on colours see the dark."""
    page = browser.new_page(viewport={"width": _NARROW, "height": 800}, color_scheme=scheme)
    found: list[str] = []
    for name in open_each(page, database, language=language):
        assert page.locator("html").get_attribute("lang") == language
        found += [f"{name}: {fault}" for fault in _faults(page, rules=rules)]
        if rules is None:
            page.keyboard.press("Tab")
            found += [f"{name}: no focus on {one}" for one in page.evaluate(_CANNOT_BE_SEEN)]
            found += [f"{name}: {width} px are not enough" for width in _too_narrow(page)]
    page.close()
    assert found == []


def _faults(page: Page, *, rules: list[str] | None) -> Iterator[str]:
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    for fault in Axe().run(page, options=options).response["violations"]:
        yield f"{fault['id']} at {[node['target'] for node in fault['nodes']]}"


def _too_narrow(page: Page) -> Iterator[int]:
    for width in (*_WIDER, _NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            yield width


def test_check_23_who_uses_no_mouse_signs_up_and_chooses(
    browser: Browser, database: Database
) -> None:
    """Tab, Space and Enter are enough, from the form to the page that asks for the code."""
    page = browser.new_page()
    every_page(database)
    with served(guest_of(database).app) as url:
        page.goto(url)
        for key in ("Tab", "Tab", "Tab"):  # the name, the language, the field
            page.keyboard.press(key)
        page.keyboard.type("keys@example.net")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")  # without the first topic
        page.keyboard.press("Enter")
        page.get_by_text("keys@example.net").wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("000000")
        page.keyboard.press("Enter")
        assert page.get_by_role("alert").inner_text() == "That code does not fit. 4 tries left."
    page.close()
