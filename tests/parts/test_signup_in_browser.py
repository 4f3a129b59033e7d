"""Signing up in a real browser, with a real mail server: by cookie, by button, by code."""

import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import uvicorn
from mailhost import MailHost
from people import ADA, KEYRING
from playwright.sync_api import Browser, Page, sync_playwright

from digest.calendar import ScheduleSettings
from digest.clock import Clock
from digest.delivery.notices import PostOffice
from digest.delivery.retry import RetrySettings
from digest.editions.issue import NewsletterSettings
from digest.joining import SignupSettings
from digest.mail.mime import SenderSettings
from digest.pages import WebSettings
from digest.providers.smtp import SmtpCarrier
from digest.render.notices import NoticeWriter
from digest.render.theme import load_theme
from digest.tables import Base
from digest.web.site import SiteSettings, build_site
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import directory

CHROMIUM = shutil.which("chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")

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


class Place:
    """The site, its post office, and the mail server that takes its letters."""

    def __init__(self, folder: Path, host: MailHost) -> None:
        self.database = Database(DatabaseSettings(url=f"sqlite:///{folder}/digest.sqlite3"))
        self.database.create()
        Base.metadata.create_all(self.database.engine)
        self._host = host
        self.server: uvicorn.Server | None = None
        self.url = ""

    def serve(self) -> None:
        """Serve the site on a free port; its address stands in the letters."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        site = build_site(
            database=self.database,
            keyring=KEYRING,
            clock=Clock(),
            settings=SiteSettings(
                web=WebSettings(public_url=self.url), signup=SignupSettings(minimum_seconds=0)
            ),
        )
        self.server = uvicorn.Server(uvicorn.Config(site, log_config=None))
        run = {"sockets": [listener]}
        self.thread = threading.Thread(target=self.server.run, kwargs=run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)

    def letter(self) -> str:
        """Have the post office work, and return the text of the letter that arrived."""
        office = PostOffice(
            self.database,
            build=lambda: SmtpCarrier(self._host.settings()),
            write=self._writer().write,
            retry=RetrySettings(),
            clock=Clock(),
            stop=threading.Event(),
        )
        office.work()
        message = message_from_bytes(self._host.accepted[-1].message, policy=policy.default)
        text = message.get_body(("plain",))
        assert text is not None
        return str(text.get_content())

    def is_reader(self) -> bool:
        """Whether Ada is one."""
        with self.database.read() as session:
            person = directory.find(session, mailbox=ADA.mailbox, keyring=KEYRING)
        return person is not None and person.status == "confirmed"

    def close(self) -> None:
        """Stop serving."""
        if self.server:
            self.server.should_exit = True
            self.thread.join(timeout=20)
        self.database.close()

    def _writer(self) -> NoticeWriter:
        return NoticeWriter(
            newsletter=NewsletterSettings(),
            sender=SenderSettings(),
            web=WebSettings(public_url=self.url),
            schedule=ScheduleSettings(),
            signup=SignupSettings(),
            keyring=KEYRING,
            theme=load_theme("weekly"),
        )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with MailHost() as host:
        place = Place(tmp_path, host)
        place.serve()
        yield place
        place.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages, each in a browser of its own."""
    contexts = []

    def open_one(*, script: bool = True, locale: str = "en-GB") -> Page:
        context = browser.new_context(
            java_script_enabled=script, locale=locale, viewport={"width": 320, "height": 700}
        )
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()


def sign_up(
    page: Page, place: Place, *, label: str = "Email address", button: str = "Subscribe"
) -> str:
    """Fill in the form; return the letter."""
    page.goto(place.url)
    page.get_by_label(label).fill(ADA.email)
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url("**/sent*")
    assert not place.is_reader()
    return place.letter()


def link_in(letter: str) -> str:
    found = re.search(r"http://\S+/c/\S+", letter)
    assert found
    return found[0]


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_one_click_is_enough_in_the_same_browser(
    place: Place, open_page: Callable[..., Page], *, script: bool
) -> None:
    page = open_page(script=script)
    page.goto(link_in(sign_up(page, place)))
    page.get_by_text("Confirmed. Your first issue comes on").wait_for()
    assert place.is_reader()


def test_another_browser_shows_a_button_and_running_its_page_confirms_nothing(
    place: Place, open_page: Callable[..., Page]
) -> None:
    letter = sign_up(open_page(), place)
    other = open_page()
    other.goto(link_in(letter))
    other.wait_for_load_state("networkidle")
    assert not place.is_reader()
    other.get_by_role("button", name="Confirm subscription").click()
    other.get_by_text("Confirmed. Your first issue comes on").wait_for()
    assert place.is_reader()


def test_the_code_is_typed_where_the_page_is_still_open_in_german(
    place: Place, open_page: Callable[..., Page]
) -> None:
    page = open_page(script=False, locale="de-DE")
    letter = sign_up(page, place, label="E-Mail-Adresse", button="Abonnieren")
    digits = re.search(r"\d{3} \d{3}", letter)
    assert digits
    page.get_by_label("Code").fill(digits[0])
    page.get_by_role("button", name="Abonnement bestätigen").click()
    page.get_by_text("Bestätigt. Ihre erste Ausgabe kommt am").wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    assert place.is_reader()


def test_no_page_scrolls_sideways_at_320_pixels(
    place: Place, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    sign_up(page, place)
    for path in ("/", "/sent", "/c/x", "/?lang=de", "/sent?lang=de"):
        page.goto(place.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
