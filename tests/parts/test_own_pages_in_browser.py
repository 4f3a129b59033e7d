"""A reader's own pages in a real browser: with and without scripts, in English and in German."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from browsing import NEEDS_BROWSER, chromium, served
from guest import Guest
from people import ADA, KEYRING, NOW, subscribe
from playwright.sync_api import Browser
from sqlalchemy import select

from digest.posts.topics import TopicSettings
from digest.tables import Base
from digest.web.site import SiteSettings
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import audience, directory, preferences
from subscribers.preferences import Preferences
from subscribers.tables import ConfirmationRow, Format, Pace
from subscribers.tokens import Purpose

pytestmark = NEEDS_BROWSER

TOPICS = TopicSettings(topics={"Storage": (), "AI & agents": (), "Security": ()})
NEW = "ada@new.example"
WORDS = {
    "en": {
        "save": "Save",
        "saved": "Saved. It holds from the next issue on.",
        "text": "Plain text only",
        "monthly": "Once in four weeks, the best of them",
        "pause": "Pause for 4 weeks",
        "paused": "Paused.",
        "end": "End the pause now",
        "leave": "Unsubscribe",
        "left": "You are unsubscribed",
        "undo": "Undo",
        "undone": "Undone.",
        "change": "Change the address",
        "email": "New email address",
        "send": "Send link and code",
        "code": "Code",
        "use": "Use the new address",
        "moved": "Your issues go to a***@new.example now.",
    },
    "de": {
        "save": "Speichern",
        "saved": "Gespeichert. Es gilt ab der nächsten Ausgabe.",
        "text": "Nur Text",
        "monthly": "Einmal in vier Wochen das Beste daraus",
        "pause": "4 Wochen pausieren",
        "paused": "Pausiert.",
        "end": "Pause jetzt beenden",
        "leave": "Abmelden",
        "left": "Sie sind abgemeldet",
        "undo": "Rückgängig machen",
        "undone": "Rückgängig gemacht.",
        "change": "Adresse ändern",
        "email": "Neue E-Mail-Adresse",
        "send": "Link und Code schicken",
        "code": "Code",
        "use": "Neue Adresse benutzen",
        "moved": "Ihre Ausgaben gehen jetzt an a***@new.example.",
    },
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def guest(tmp_path: Path) -> Iterator[Guest]:
    """Give one database: what a browser shows does not depend on which."""
    database = Database(DatabaseSettings(url=f"sqlite:///{tmp_path}/digest.sqlite3"))
    database.create()
    Base.metadata.create_all(database.engine)
    every = SiteSettings(topics=TOPICS, languages=("en", "de"), paces=("weekly", "monthly"))
    yield Guest(database, settings=every)
    database.close()


@pytest.fixture
def ada(guest: Guest) -> int:
    with guest.database.begin() as session:
        return subscribe(session, ADA)[0]


@pytest.fixture
def url(guest: Guest) -> Iterator[str]:
    with served(guest.app) as address:
        yield address


def me(guest: Guest, subscriber_id: int) -> str:
    return guest.link("me", subscriber_id, Purpose.MANAGE, until=NOW + timedelta(hours=1))


def code(guest: Guest) -> str:
    with guest.database.read() as session:
        row = session.scalars(select(ConfirmationRow)).one()
    return KEYRING.code(row.id, at=row.requested_at)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_reader_chooses_pauses_moves_leaves_and_comes_back(
    browser: Browser, url: str, guest: Guest, ada: int, language: str, *, scripts: bool
) -> None:
    words = WORDS[language]
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{url}{me(guest, ada)}?lang={language}")
    page.get_by_label("Storage").uncheck()
    page.get_by_label(words["monthly"]).check()
    page.get_by_label(words["text"]).check()
    page.get_by_role("button", name=words["save"]).click()
    assert page.get_by_role("status").inner_text() == words["saved"]
    page.get_by_role("button", name=words["pause"]).click()
    page.get_by_text(words["paused"]).wait_for()
    page.get_by_role("button", name=words["end"]).click()
    page.get_by_role("link", name=words["change"]).click()
    page.get_by_label(words["email"]).fill(NEW)
    page.get_by_role("button", name=words["send"]).click()
    page.get_by_label(words["code"]).fill(code(guest))
    page.get_by_role("button", name=words["use"]).click()
    assert page.get_by_role("status").inner_text() == words["moved"]
    page.get_by_role("link", name=words["leave"]).click()
    page.get_by_role("button", name=words["leave"]).click()
    page.get_by_role("heading", name=words["left"]).wait_for()
    with guest.database.read() as session:
        assert audience.wanted_among(session, [ada]) == frozenset()
    page.get_by_role("button", name=words["undo"]).click()
    page.get_by_text(words["undone"]).wait_for()
    context.close()
    with guest.database.read() as session:
        reader = preferences.look(session, subscriber_id=ada, now=NOW)
        assert directory.get(session, subscriber_id=ada).email == NEW
    assert reader.subscribed
    assert reader.preferences == Preferences(
        topics=("ai-and-agents", "security"), pace=Pace.MONTHLY, format=Format.TEXT
    )


def test_what_is_wrong_stands_on_top_and_leads_to_its_field(
    browser: Browser, url: str, guest: Guest, ada: int
) -> None:
    page = browser.new_page(locale="en-GB")
    page.goto(url + me(guest, ada))
    for topic in ("Storage", "AI & agents", "Security"):
        page.get_by_label(topic).uncheck()
    page.get_by_label("Plain text only").check()
    page.get_by_role("button", name="Save").click()
    alert = page.get_by_role("alert")
    assert alert.inner_text() == "Choose at least one topic, or unsubscribe."
    assert page.get_by_label("Plain text only").is_checked()
    alert.get_by_role("link").click()
    assert page.evaluate("document.activeElement.id") == "topics"
    page.close()
