"""The public pages in a real browser: by mouse, by keyboard, narrow, light and dark."""

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from people import ADA, KEYRING, NOW, subscribe
from playwright.sync_api import Browser, Page, sync_playwright

from digest.clock import Clock
from digest.tables import Base
from digest.web.site import build_site
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import audience
from subscribers.tokens import Purpose

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Give one database: what a browser shows does not depend on which."""
    database = Database(DatabaseSettings(url=f"sqlite:///{tmp_path}/digest.sqlite3"))
    database.create()
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def ada(database: Database) -> int:
    with database.begin() as session:
        return subscribe(session, ADA)[0]


@pytest.fixture
def url(database: Database) -> Iterator[str]:
    """Serve the site on a free port of this machine."""
    site = build_site(
        database=database,
        keyring=KEYRING,
        clock=Clock.starting_at(NOW),
    )
    server = uvicorn.Server(uvicorn.Config(site, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.started
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
    yield context.new_page()
    context.close()


def link(url: str, subscriber_id: int) -> str:
    return f"{url}/u/{KEYRING.sign(subscriber_id, purpose=Purpose.UNSUBSCRIBE)}"


def wanted(database: Database, subscriber_id: int) -> bool:
    with database.read() as session:
        return bool(audience.wanted_among(session, [subscriber_id]))


def test_opening_the_page_changes_nothing_and_the_button_does(
    page: Page, url: str, database: Database, ada: int
) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.goto(link(url, ada))
    page.wait_for_load_state("networkidle")
    assert wanted(database, ada)
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    assert page.get_by_role("status").inner_text() == "Done. a***@example.org gets no more issues."
    assert not wanted(database, ada)
    page.reload()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone.").wait_for()
    assert wanted(database, ada)
    assert [text for text in problems if "favicon" not in text] == []


def test_everything_goes_by_keyboard_with_the_focus_in_sight(
    page: Page, url: str, database: Database, ada: int
) -> None:
    page.goto(link(url, ada))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "name"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.lang") == "de"
    page.keyboard.press("Tab")
    outline = page.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement);"
        " return [document.activeElement.tagName, s.outlineStyle, s.outlineWidth]; })()"
    )
    assert outline == ["BUTTON", "solid", "3px"]
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    assert not wanted(database, ada)


def test_the_language_link_keeps_the_page(
    page: Page, url: str, database: Database, ada: int
) -> None:
    page.goto(link(url, ada))
    page.get_by_role("link", name="Deutsch").click()
    page.get_by_role("button", name="Abmelden").click()
    page.get_by_role("heading", name="Sie sind abgemeldet").wait_for()
    assert page.get_by_role("link", name="English").is_visible()
    assert not wanted(database, ada)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1280])
def test_no_page_scrolls_sideways_in_any_width_scheme_or_language(
    browser: Browser, url: str, ada: int, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    for path in (link(url, ada), f"{url}/u/x", f"{url}/archive"):
        for language in ("en", "de"):
            page.goto(f"{path}?lang={language}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            background = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert background == ("rgb(14, 16, 20)" if scheme == "dark" else "rgb(244, 241, 234)")
    context.close()
