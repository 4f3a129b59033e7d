"""The letters of a reader's own pages: what stands in them opens the page that it names."""

import re
import threading
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from guest import Guest
from people import ADA, KEYRING, subscribe

from digest.calendar import ScheduleSettings
from digest.delivery.notices import PostOffice
from digest.delivery.retry import RetrySettings
from digest.editions.issue import NewsletterSettings
from digest.joining import SignupSettings
from digest.pages import WebSettings
from digest.providers.memory import MemoryCarrier
from digest.render.notices import NoticeWriter
from digest.render.theme import load_theme
from digest.tables import Base
from digest.web.site import SiteSettings
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import directory
from subscribers.tokens import Purpose

HOME = "https://digest.example"
NEW = "ada@new.example"


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    """Give one database: what a letter says does not depend on which."""
    database = Database(DatabaseSettings(url=f"sqlite:///{tmp_path}/digest.sqlite3"))
    database.create()
    Base.metadata.create_all(database.engine)
    return Guest(database, settings=SiteSettings(web=WebSettings(public_url=HOME)))


class Postman:
    """Carries the letters, and reads out what stands in the last one."""

    def __init__(self, guest: Guest) -> None:
        settings = guest.settings
        self._carrier = MemoryCarrier()
        writer = NoticeWriter(
            newsletter=NewsletterSettings(),
            sender=settings.sender,
            web=settings.web,
            schedule=ScheduleSettings(),
            signup=SignupSettings(),
            keyring=KEYRING,
            theme=load_theme("weekly"),
        )
        self._office = PostOffice(
            guest.database,
            build=lambda: self._carrier,
            write=writer.write,
            retry=RetrySettings(),
            clock=guest.clock,
            stop=threading.Event(),
        )

    def last(self) -> tuple[str, str, str]:
        """Hand over what waits; return recipient, subject and text of the last letter."""
        self._office.work()
        letter = self._carrier.letters[-1]
        message = message_from_bytes(letter.message, policy=policy.default)
        text = message.get_body(("plain",))
        assert text is not None
        return letter.recipient, str(message["Subject"]), text.get_content()


def link(text: str, path: str) -> str:
    """Return the link of a letter that leads to this kind of page."""
    found = re.search(rf"{HOME}(/{path}/\S+)", text)
    assert found, text
    return found[1]


def test_the_links_and_the_code_of_the_letters_do_what_they_say(guest: Guest) -> None:
    with guest.database.begin() as session:
        (ada,) = subscribe(session, ADA)
    postman = Postman(guest)

    guest.press(guest.link("l", ada, Purpose.ASK), "Send the link")
    recipient, _, text = postman.last()
    assert recipient == ADA.email
    own = link(text, "me")
    assert "Your subscription" in guest.get(own).text

    waiting = guest.ask("POST", f"{own}/address", data={"email": NEW}).headers["location"]
    recipient, subject, text = postman.last()
    assert recipient == NEW
    assert guest.get(link(text, "a")).status_code == 200
    code = re.search(r"\d{3} \d{3}", subject)
    assert code
    assert "now." in guest.press(waiting, "Use the new address", code=code[0]).text

    recipient, _, text = postman.last()
    assert recipient == ADA.email
    guest.press(link(text, "b"), "Back to the old address")
    with guest.database.read() as session:
        assert directory.get(session, subscriber_id=ada).email == ADA.email
