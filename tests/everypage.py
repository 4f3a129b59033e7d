"""Every public page in each of its states, for tests that must not forget one."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from guest import Guest
from people import ADA, ALAN, EMMY, GRACE, HEDY, KEYRING, NOW, Character, subscribe
from press import composer, issue, sample_posts
from sqlalchemy import select
from sqlalchemy.orm import Session
from visitor import Visitor

from digest import welcome
from digest.calendar import ScheduleSettings, latest_due
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Variant
from digest.joining import SignupSettings
from digest.posts.topics import TopicSettings
from digest.tables import Base, PostRow, SourceRow
from digest.web.site import SiteSettings
from storage.database import Database
from subscribers import moving, preferences, signup
from subscribers.preferences import Preferences
from subscribers.signup import Application
from subscribers.tokens import Purpose
from subscribers.unsubscribe import unsubscribe

SETTINGS = SiteSettings(
    topics=TopicSettings(topics={"Storage": (), "AI & agents": (), "Security": ()}),
    languages=("en", "de"),
    paces=("weekly", "monthly"),
    signup=SignupSettings(minimum_seconds=0),
)
LATE = Character(name="Late", email="late@example.org")
_HOUR = NOW + timedelta(hours=1)
_PARAMETER = re.compile(r"\{\w+(:\w+)?\}")


def guest_of(database: Database) -> Guest:
    """Give the site with all that it can show, and a person in front of it."""
    return Guest(database, settings=SETTINGS)


def every_page(database: Database) -> dict[str, str]:
    """Fill the database with people in every state, and name the path of each page in each."""
    with database.begin() as session:
        ada, emmy, alan = subscribe(session, ADA, EMMY, ALAN)
        late = _apply(session, LATE, now=NOW - timedelta(days=3))
        waiting, used = (_apply(session, who) for who in (GRACE, HEDY))
        signup.confirm(session, confirmation_id=used, keyring=KEYRING, now=NOW, source="button")
        asked = moving.ask(
            session, subscriber_id=ada, mailbox=_new(ADA), keyring=KEYRING, now=NOW
        ).move
        moved = moving.ask(
            session, subscriber_id=alan, mailbox=_new(ALAN), keyring=KEYRING, now=NOW
        ).move
        moving.confirm(session, move_id=moved.id, keyring=KEYRING, now=NOW, source="by link")
        until = NOW + timedelta(days=28)
        preferences.pause(session, subscriber_id=alan, until=until, now=NOW, source="page")
        unsubscribe(session, subscriber_id=emmy, now=NOW, source="page")
        _send(session)
    me = f"/me/{_token(ada, Purpose.MANAGE)}"
    return {
        **_of_joining(late, waiting, used),
        **_of_readers(ada, emmy, alan),
        "sent": "/sent",
        "address": f"{me}/address",
        "address sent": f"{me}/address/{asked.id}",
        "address confirm": f"/a/{_token(asked.id, Purpose.CONFIRM)}",
        "address back": f"/b/{_token(moved.id, Purpose.MOVE_BACK)}",
        "address moved": f"/a/{_token(moved.id, Purpose.CONFIRM)}",
        **{name: path for path, name in _FOR_ALL.items()},
    }


_FOR_ALL = {
    "/archive": "archive",
    "/24": "issue",
    "/topics/storage": "topic",
    "/f/24/yes": "feedback",
    "/f/24/yes?counted=1": "feedback counted",
    "/erased": "erased",
    "/nowhere": "no such page",
}
NO_PAGES = ("/24.txt", "/feed.xml", "/feed/storage.json", "/healthz", "/metrics", "/r/no-link")
"""What answers beside the pages."""


def patterns(app: Any) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Give the route of every page that can be opened, with what matches its paths."""
    for mount in app.routes:
        router = getattr(mount, "original_router", None)
        for route in router.routes if router else ():
            if "GET" in route.methods:
                yield (
                    route.path,
                    re.compile(_PARAMETER.sub(r"[^/]+", route.path).replace(".", r"\.")),
                )


def everything(database: Database) -> dict[str, list[str]]:
    """Return every row of every table."""
    with database.read() as session:
        return {
            table.name: sorted(str(tuple(row)) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
        }


def look(database: Database, *, rounds: int) -> None:
    """Ask for every public address so often, in every way that only looks."""
    guest = guest_of(database)
    paths = [*every_page(database).values(), *NO_PAGES]
    before = everything(database)
    for method, headers in (
        ("GET", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("HEAD", {}),
        ("OPTIONS", {}),
    ):
        for path in paths:
            answers = {guest.ask(method, path, headers=headers).status_code for _ in range(rounds)}
            assert len(answers) == 1, path
            assert max(answers) < 500, path
    assert everything(database) == before


def sign_up(guest: Guest) -> Visitor:
    """Give a browser that remembers its sign-up."""
    visitor = Visitor(guest.app)
    visitor.sign_up("nobody@example.org")
    return visitor


def _of_joining(late: int, waiting: int, used: int) -> dict[str, str]:
    over = KEYRING.sign(late, purpose=Purpose.CONFIRM, until=NOW - timedelta(days=1))
    return {
        "sign up": "/",
        "sign up too": "/subscribe",
        "confirm": f"/c/{_token(waiting, Purpose.CONFIRM)}",
        "confirmed": f"/welcome/{_token(1, Purpose.MANAGE)}",
        "settled": f"/c/{_token(used, Purpose.CONFIRM)}",
        "expired": f"/c/{over}",
        "damaged": "/c/x",
    }


def _of_readers(ada: int, emmy: int, alan: int) -> dict[str, str]:
    me, left = (f"/me/{_token(who, Purpose.MANAGE)}" for who in (ada, emmy))
    ask = f"/l/{KEYRING.sign(ada, purpose=Purpose.ASK)}"
    return {
        "preferences": me,
        "saved": f"{me}?note=saved",
        "preferences, paused": f"/me/{_token(alan, Purpose.MANAGE)}",
        "preferences, left": left,
        "privacy": f"{me}/privacy",
        "data": f"{me}/data.json",
        "erase": f"{me}/erase",
        "pause": f"/p/{KEYRING.sign(ada, purpose=Purpose.PAUSE)}",
        "paused": f"/p/{KEYRING.sign(alan, purpose=Purpose.PAUSE)}",
        "fresh link": ask,
        "fresh link sent": f"{ask}?sent=1",
        "shut": f"/me/{KEYRING.sign(ada, purpose=Purpose.UNSUBSCRIBE)}",
        "unsubscribe": f"/u/{KEYRING.sign(ada, purpose=Purpose.UNSUBSCRIBE)}",
        "unsubscribed": f"/u/{KEYRING.sign(emmy, purpose=Purpose.UNSUBSCRIBE)}",
    }


def _token(number: int, purpose: Purpose) -> str:
    return KEYRING.sign(number, purpose=purpose, until=_HOUR)


def _new(who: Any) -> Any:
    return replace(who, email=f"{who.name.lower()}@new.example").mailbox


def _apply(session: Session, who: Any, *, now: datetime = NOW) -> int:
    wanted = Application(mailbox=who.mailbox, wishes=Preferences(), source="sign-up form")
    return welcome.apply(session, wanted, keyring=KEYRING, now=now).confirmation_id


def _send(session: Session) -> None:
    """Send issue 24, as it is really written, to nobody."""
    sealed = issue(sample_posts())
    session.add(SourceRow(id=1, name="X", url="https://x.example", added_at=NOW))
    session.flush()
    for post in sealed.posts:
        session.add(
            PostRow(id=post.post_id, source_id=1, url=post.url, title="T", first_seen_at=NOW)
        )
    session.flush()
    week = latest_due(ScheduleSettings(), NOW)
    edition = editions.open_edition(session, "weekly-dive", period=week, now=NOW)
    written = [composer().compose(sealed, language=language) for language in ("en", "de")]
    variants = [
        Variant(language=one.language, subject=one.subject, html=one.html, text=one.text,
                sha256=one.language)
        for one in written
    ]  # fmt: skip
    editions.freeze(session, edition, issue=sealed, variants=variants, now=NOW)
    for state in (EditionState.SENDING, EditionState.SENT):
        editions.move(session, editions.get(session, edition.id), to=state, now=NOW)
