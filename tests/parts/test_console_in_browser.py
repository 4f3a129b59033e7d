"""The console in a real browser: for eyes, for ears, by keyboard, narrow and wide, scriptless."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import NEEDS_BROWSER, chromium, served
from console import CHEAP, app_of
from newsroom import Newsroom, newsroom
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette

from digest import curating, roster, staff
from digest.accounts.roles import Role
from digest.app import App
from digest.sources.shelf import NewSource
from digest.tables import Base
from digest.web.console.gate import Person
from digest.web.console.mount import console_routes
from storage.database import Database
from storage.settings import DatabaseSettings

pytestmark = NEEDS_BROWSER

PASSWORD = "four words of hers"  # noqa: S105 - of a made-up account
PAGES = (
    "/",
    "/issues",
    "/issues/2026-W24",
    "/issues/2026-W24/checks",
    "/issues/2026-W24/weight",
    "/sources",
    "/sources/1",
    "/sources/1/rule",
    "/sources/1/raw",
    "/subscribers",
    "/subscribers/1",
    "/subscribers/1/consent",
    "/subscribers/import",
    "/subscribers/export",
    "/deliverability",
    "/deliverability/suppressed",
    "/templates",
    "/settings",
    "/settings/people",
    "/settings/me",
    "/settings/me/factor",
    "/settings/keys",
    "/settings/log",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Open an app on one database: what a browser shows does not depend on which."""
    url = f"sqlite:///{tmp_path}/digest.sqlite3"
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    database.close()
    with newsroom(tmp_path, database_url=url) as room:
        app = app_of(room)
        staff.add(app, "anna", role=Role.ADMIN)
        staff.set_password(app, "anna", password=PASSWORD, passwords=CHEAP)
        _follow(room, app)
        yield app
        app.close()


def _follow(room: Newsroom, app: App) -> None:
    """Follow a blog with posts for the coming issue, mute words, and add a reader."""
    url = room.blog("cold-reads", "A title that is " + "rather " * 20 + "long")
    roster.add_sources(app, [NewSource(url=url)])
    app.poll(names=None, due_only=False, report=lambda _: None)
    curating.mute(app, ["webinar"])
    curating.mute(app, ["we are hiring"], source=roster.sources(app)[0].name)
    roster.add_subscribers(app, ["ada@example.org"], consent="agreed at the meet-up")


def site_of(app: App, *, guest: Person | None = None) -> Starlette:
    return Starlette(routes=console_routes(app, guest=guest, passwords=CHEAP))


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/console/settings/me")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="My account").wait_for()


def test_axe_finds_nothing_nothing_scrolls_sideways_and_the_policy_blocks_nothing(
    browser: Browser, app: App
) -> None:
    """Of all rules only those on colours see the dark."""
    page = browser.new_page(color_scheme="light")
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text) if said.type == "error" else None)
    found: list[str] = []
    with served(site_of(app)) as url:
        page.goto(f"{url}/console/sign-in")
        found += [f"sign-in: {fault}" for fault in faults(page)]
        sign_in(page, url)
        for path in PAGES:
            page.set_viewport_size({"width": 375, "height": 800})
            page.goto(f"{url}/console{path}")
            found += [f"{path}: {fault}" for fault in faults(page)]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{path}: 375 px are not enough")
            page.set_viewport_size({"width": 1280, "height": 900})
            page.emulate_media(color_scheme="dark")
            found += [f"{path}, dark: {fault}" for fault in faults(page, rules=["color-contrast"])]
            page.emulate_media(color_scheme="light")
    page.close()
    assert (found, blocked) == ([], [])


def faults(page: Page, *, rules: list[str] | None = None) -> list[str]:
    options = {"runOnly": rules} if rules else None
    violations = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in violations for node in one["nodes"]]


def test_without_script_one_signs_in_works_and_signs_out(browser: Browser, app: App) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    with served(site_of(app)) as url:
        sign_in(page, url)
        page.get_by_role("link", name="API keys").click()
        page.get_by_label("Who or what uses it").fill("importer")
        page.get_by_label("read: see subscribers").check()
        page.get_by_role("button", name="Make it").click()
        assert page.get_by_role("heading", name="The key importer").is_visible()
        page.get_by_role("button", name="Revoke: importer").click()
        assert "opens nothing any more" in page.get_by_role("status").inner_text()
        page.get_by_role("button", name="Sign out").click()
        assert "You are signed out." in page.get_by_role("status").inner_text()
        page.goto(f"{url}/console/settings/keys")
        assert page.get_by_label("Password").is_visible()
    page.context.close()


def test_keys_lead_to_pages_are_off_while_typing_and_can_be_switched_off(
    browser: Browser, app: App
) -> None:
    page = browser.new_context().new_page()
    with served(site_of(app, guest=Person(name="anna", role=Role.ADMIN))) as url:
        page.goto(f"{url}/console/settings")
        press(page, "g", "s")
        page.wait_for_url("**/console/sources")
        page.goto(f"{url}/console/settings/keys")
        page.get_by_label("Who or what uses it").focus()
        press(page, "g", "s")
        assert page.get_by_label("Who or what uses it").input_value() == "gs"
        page.get_by_role("heading", name="Make a key").click()
        press(page, "?")
        dialog = page.get_by_role("dialog", name="Keys")
        assert "g s" in dialog.inner_text()
        dialog.get_by_role("button", name="Switch keys off").click()
        press(page, "g", "i")
        assert page.url.endswith("/settings/keys")
        page.get_by_role("button", name="Keys", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Switch keys on").click()
        press(page, "g", "i")
        page.wait_for_url("**/console/issues")
    page.context.close()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
