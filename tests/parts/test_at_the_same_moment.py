"""Sign-ups and unsubscriptions that are written in one go stay as good as one after the other."""

from collections.abc import Sequence
from contextlib import suppress

from people import ADA, EMMY, GRACE, HEDY, KEYRING, NOW, subscribe
from sqlalchemy import select

from digest import welcome
from digest.tables import (
    BudgetRow,
    ConfirmationRow,
    ConsentEventRow,
    NoticeRow,
    SubscriberRow,
)
from storage.database import Database
from subscribers import consent, directory
from subscribers.addresses import Mailbox
from subscribers.budgets import Budget
from subscribers.preferences import Preferences
from subscribers.signup import Application
from subscribers.suppression import Reason
from subscribers.suppression import suppress as suppress_mailbox
from subscribers.tokens import Keyring
from subscribers.unsubscribe import Leaving, unsubscribe_all

RENEWED = Keyring((b"a secret that is newer", *KEYRING.secrets))
NAMELESS = {"id", "subscriber_id", "confirmation_id", "evidence"}  # numbers are used up


def asking(email: str, *budgets: Budget) -> Application:
    return Application(
        mailbox=Mailbox.parse(email), wishes=Preferences(), source="a test", budgets=budgets
    )


def test_whoever_asks_twice_in_one_moment_has_one_request_and_one_letter(
    database: Database,
) -> None:
    many = [asking(ADA.email), asking(EMMY.email), asking(ADA.email.upper())]
    with database.begin() as session:
        first, other, second = welcome.apply_all(session, many, keyring=KEYRING, now=NOW)
        letters = session.execute(select(NoticeRow.subscriber_id, NoticeRow.state)).all()
        requests = session.scalars(select(ConfirmationRow.id)).all()
    assert (first.subscriber_id, first.confirmation_id) == (
        second.subscriber_id,
        second.confirmation_id,
    )
    assert sorted(requests) == sorted([first.confirmation_id, other.confirmation_id])
    assert sorted(map(tuple, letters)) == sorted(
        [
            (first.subscriber_id, "pending"),
            (first.subscriber_id, "skipped"),
            (other.subscriber_id, "pending"),
        ]
    )


def test_a_quiet_budget_ends_within_one_moment_and_only_for_whom_it_ends(
    database: Database,
) -> None:
    mine = Budget(name="address of ada", most=1, quiet=True)
    many = [asking(ADA.email, mine), asking(EMMY.email), asking(ADA.email, mine)]
    with database.begin() as session:
        applied = welcome.apply_all(session, many, keyring=KEYRING, now=NOW)
        assert [one.is_new for one in applied] == [True, True, False]
        kept = consent.history(session, subscriber_id=applied[0].subscriber_id)
    assert len(kept) == 1


def test_whoever_leaves_twice_in_one_moment_has_left_once(database: Database) -> None:
    with database.begin() as session:
        ada, emmy = (
            directory.add(
                session,
                mailbox=Mailbox.parse(one.email),
                keyring=KEYRING,
                source="a paper list",
                now=NOW,
            ).subscriber_id
            for one in (ADA, EMMY)
        )
        many = [Leaving(subscriber_id=who, at=NOW, source="a test") for who in (ada, emmy, ada)]
        left = unsubscribe_all(session, many)
        kept = consent.history(session, subscriber_id=ada)
    assert [one.changed for one in left] == [True, True, False]
    assert {one.standing.may_return for one in left} == {True}
    assert [event.kind.value for event in kept] == ["added", "unsubscribed"]


class UndoneError(Exception):
    """Ends a transaction whose outcome was looked at."""


def outcome(
    database: Database, *groups: Sequence[Application]
) -> dict[str, list[tuple[object, ...]]]:
    """Apply for these, each group in one go, and undo it; return all rows that came of it."""
    rows: dict[str, list[tuple[object, ...]]] = {}
    with suppress(UndoneError), database.begin() as session:
        subscribe(session, GRACE)
        mailbox_key, _ = RENEWED.mailbox_keys(HEDY.mailbox.canonical)
        suppress_mailbox(session, mailbox_key=mailbox_key, reason=Reason.COMPLAINT, now=NOW)
        for group in groups:
            welcome.apply_all(session, group, keyring=RENEWED, now=NOW)
        for table in (SubscriberRow, ConfirmationRow, ConsentEventRow, NoticeRow, BudgetRow):
            names = [
                column.name for column in table.__table__.columns if column.name not in NAMELESS
            ]
            found = session.execute(select(*(getattr(table, name) for name in names)))
            rows[table.__tablename__] = sorted((tuple(row) for row in found), key=repr)
        raise UndoneError
    return rows


def test_what_is_done_in_one_go_is_what_is_done_one_after_the_other(database: Database) -> None:
    """Of a stranger, a reader found by an old secret, somebody suppressed, and those who repeat."""
    both = Budget(name="all", most=100)
    many = [
        asking(ADA.email, both),
        asking(GRACE.email, Budget(name="grace", most=1, quiet=True), both),
        asking(HEDY.email, both),
        asking(GRACE.email.upper(), Budget(name="grace", most=1, quiet=True), both),
        asking(ADA.email.title(), both),
    ]
    alone = outcome(database, *([one] for one in many))
    assert outcome(database, many) == alone
    assert {name: len(rows) for name, rows in alone.items()} == {
        "subscriber": 3, "confirmation": 3, "consent_event": 5, "notice": 4, "budget": 2,
    }  # fmt: skip
