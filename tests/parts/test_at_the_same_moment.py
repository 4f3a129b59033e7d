"""Sign-ups and unsubscriptions that are written in one go stay as good as one after the other."""

from people import ADA, EMMY, KEYRING, NOW
from sqlalchemy import select

from digest import welcome
from digest.tables import ConfirmationRow, NoticeRow
from storage.database import Database
from subscribers import consent, directory
from subscribers.addresses import Mailbox
from subscribers.budgets import Budget
from subscribers.preferences import Preferences
from subscribers.signup import Application
from subscribers.unsubscribe import Leaving, unsubscribe_all


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
