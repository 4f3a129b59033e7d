"""The letter to new readers: the latest issue as it stands, and what is always worth reading."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from everypage import every_page
from people import ADA, EMMY, KEYRING, NOW
from sqlalchemy import select
from visitor import Visitor, site_of

from digest.calendar import ScheduleSettings
from digest.delivery import tray
from digest.editions.issue import NewsletterSettings
from digest.errors import ConfigurationError
from digest.joining import SignupSettings
from digest.mail.mime import SenderSettings
from digest.mail.notice import Notice, NoticeKind
from digest.pages import WebSettings
from digest.render.notices import NoticeWriter
from digest.render.theme import load_theme
from digest.tables import ConfirmationRow, EditionRow, NoticeRow
from storage.database import Database
from subscribers.tokens import Purpose

EVERGREEN = {"How we test": "https://blog.example/how-we-test"}
GREETING = SignupSettings(minimum_seconds=0, welcome=True, evergreen=EVERGREEN)
WRITER = NoticeWriter(
    newsletter=NewsletterSettings(),
    sender=SenderSettings(),
    web=WebSettings(public_url="https://digest.example.org"),
    schedule=ScheduleSettings(),
    signup=GREETING,
    keyring=KEYRING,
    theme=load_theme("weekly"),
)


def join(database: Database, email: str, *, language: str = "en") -> None:
    """Sign up and confirm, as a reader does."""
    visitor = Visitor(site_of(database, signup=GREETING))
    form = {"email": email, "form": visitor.form()}
    visitor.ask("POST", f"/subscribe?lang={language}", data=form)
    with database.read() as session:
        row = session.scalars(select(ConfirmationRow).order_by(ConfirmationRow.id.desc())).first()
    assert row
    token = KEYRING.sign(row.id, purpose=Purpose.CONFIRM, until=row.expires_at)
    for _ in range(2):
        visitor.ask("POST", f"/c/{token}")


def welcomes(database: Database) -> list[Notice]:
    with database.begin() as session:
        rows = session.scalars(select(NoticeRow).where(NoticeRow.kind != NoticeKind.WELCOME))
        for row in rows:
            row.state = "skipped"
        session.flush()
        found = []
        while claimed := tray.claim(session, now=NOW):
            found.append(claimed.notice)
        return found


def parts_of(notice: Notice) -> tuple[str, str, str]:
    message: Any = message_from_bytes(WRITER.write(notice).letter.message, policy=policy.default)
    assert isinstance(message, EmailMessage)
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert html
    return message["Subject"], text.get_content(), html.get_content()


@pytest.mark.parametrize(
    ("language", "subject", "label"),
    [
        ("en", "Welcome: the latest issue", "Issue 24"),
        ("de", "Willkommen: die aktuelle Ausgabe", "Ausgabe 24"),
    ],
)
def test_a_new_reader_gets_the_latest_issue_and_the_evergreens_once(
    database: Database, language: str, subject: str, label: str
) -> None:
    every_page(database)
    join(database, "hopper@example.net", language=language)
    (notice,) = welcomes(database)
    found, text, html = parts_of(notice)
    assert (notice.language, found) == (language, subject)
    for part in (text, html):
        assert label in part or label.upper() in part
        for words in (
            "Counting Cold Reads",
            "https://digest.example.org/24",
            "https://plain-systems.example/posts/1?ref=",
            "Snapshots at Noon",
            "How we test",
            EVERGREEN["How we test"],
            "https://digest.example.org/u/",
        ):
            assert words in part, words
    assert all(len(line) <= 72 or "https://" in line for line in text.splitlines())


def test_before_the_first_issue_the_letter_promises_none(database: Database) -> None:
    join(database, ADA.email)
    (notice,) = welcomes(database)
    subject, text, html = parts_of(notice)
    assert subject == "Welcome to The Weekly Dive"
    assert "latest" not in text + html
    assert "/archive" not in text + html
    assert "How we test" in text


def test_an_issue_that_was_withdrawn_or_has_not_left_is_not_the_latest(database: Database) -> None:
    every_page(database)
    for state, email in (("withdrawn", EMMY.email), ("frozen", "frozen@example.net")):
        with database.begin() as session:
            session.scalars(select(EditionRow)).one().state = state
        join(database, f"new-{email}")
    assert [notice.facts["latest"] for notice in welcomes(database)] == [None, None]


@pytest.mark.parametrize(
    "evergreen", [{"A": "file:///etc/passwd"}, {"A": "blog"}, {" ": "https://x.example"}]
)
def test_an_evergreen_that_nobody_could_open_is_refused(evergreen: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="takes a title and a web address"):
        SignupSettings(evergreen=evergreen)
