"""The console's charts in a real browser: axe finds nothing, wide and narrow, light and dark."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import NEEDS_BROWSER, chromium, served
from console import CHEAP, app_of
from newsroom import newsroom
from people import CAST, NOW, subscribe
from playwright.sync_api import Page
from starlette.applications import Starlette

from digest import sourcebook
from digest.accounts.roles import Role
from digest.checks.finding import Finding
from digest.figures import findings, kept
from digest.tables import Base, DeliveryRow, EditionRow, SourceRow, VariantRow
from digest.web.console.gate import Person
from digest.web.console.mount import console_routes
from storage.database import Database
from storage.settings import DatabaseSettings

pytestmark = NEEDS_BROWSER
PAGES = {
    "/": 2,
    "/sources": 1,
    "/sources/1": 1,
    "/subscribers": 2,
    "/subscribers/1": 0,
    "/subscribers/1/consent": 0,
    "/subscribers/import": 0,
    "/subscribers/export": 0,
    "/deliverability": 3,
    "/deliverability/suppressed": 0,
}
MEASURED = """() => [...document.querySelectorAll('.chart .drawn > svg')].map(
    drawn => [drawn.getBBox().x >= 0, drawn.getBBox().x + drawn.getBBox().width <= 560])"""

LETTERS = """() => Math.min(...[...document.querySelectorAll('.chart .drawn text')].map(
    text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"""
LEAST_LETTERS = 11  # CSS pixels


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Starlette]:
    """Build the console of an installation that has something to draw."""
    url = f"sqlite:///{tmp_path}/digest.sqlite3"
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    database.close()
    with newsroom(tmp_path, database_url=url) as room:
        app = app_of(room)
        with app.database.begin() as session:
            readers = subscribe(session, *CAST, now=NOW - timedelta(weeks=3))
            session.add(SourceRow(name="Plain", url="https://plain.example/", added_at=NOW))
            usual = dict.fromkeys(("opens_at", "closes_at", "due_at", "created_at"), NOW)
            edition = EditionRow(
                newsletter=app.newsletter, period="2026-W23", number=23, state="sent",
                frozen_at=NOW, candidates=len(CAST), **usual,
            )  # fmt: skip
            session.add(edition)
            session.flush()
            variant = VariantRow(
                edition_id=edition.id, language="en", subject="S", html="", text="t", sha256="0"
            )
            session.add(variant)
            session.flush()
            session.add_all(
                DeliveryRow(
                    edition_id=edition.id, subscriber_id=reader, mailbox_key=str(reader),
                    variant_id=variant.id, state="rejected" if reader == 1 else "accepted",
                    ended_at=NOW,
                )
                for reader in readers
            )  # fmt: skip
        kept.renew(app)
        sourcebook.count(app)
        cure = "publish at digest.example TXT: v=spf1 include:YOUR-MAIL-PROVIDER -all"
        findings.keep(app, [Finding(level="error", sentence="SPF: no record", cure=cure)])
        anna = Person(name="anna", role=Role.ADMIN)
        yield Starlette(routes=console_routes(app, guest=anna, passwords=CHEAP))
        app.close()


def test_every_chart_can_be_seen_and_heard(site: Starlette) -> None:
    found: list[str] = []
    with chromium() as browser, served(site) as url:
        page = browser.new_page(color_scheme="light")
        for path, charts in PAGES.items():
            page.set_viewport_size({"width": 375, "height": 800})
            page.goto(f"{url}/console{path}")
            assert page.locator(".chart .drawn > svg[role=img]").count() == charts, path
            for summary in page.locator(".chart summary").all():
                summary.click()
            found += [f"{path}: {fault}" for fault in faults(page)]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{path}: 375 px are not enough")
            found += small(page, path)
            page.set_viewport_size({"width": 1280, "height": 900})
            page.emulate_media(color_scheme="dark")
            found += [f"{path}, dark: {fault}" for fault in faults(page, rules=["color-contrast"])]
            page.emulate_media(color_scheme="light")
            found += small(page, path)
            if not all(all(sides) for sides in page.evaluate(MEASURED)):
                found.append(f"{path}: a chart is cut off")
        page.close()
    assert found == []


def small(page: Page, path: str) -> list[str]:
    letters = page.evaluate(LETTERS)  # none is Infinity, which JavaScript cannot hand over as JSON
    is_small = letters is not None and letters < LEAST_LETTERS
    return [f"{path}: letters of {letters:.1f} px"] if is_small else []


def faults(page: Page, *, rules: list[str] | None = None) -> list[str]:
    options = {"runOnly": rules} if rules else None
    violations = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in violations for node in one["nodes"]]
