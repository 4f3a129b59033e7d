"""Forgetting people: nothing that tells who they were stays, and they are never mailed again."""

from datetime import timedelta

import pytest
from books import send_to
from people import ADA, EMMY, GRACE, KEYRING, NOW, subscribe
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from digest import forget, reactions, welcome
from digest.delivery.state import DeliveryState
from digest.disclosure import disclose
from digest.mail.event import Kind, MailEvent
from digest.reacting import ReactionSettings
from digest.tables import Base, DeliveryRow, NoticeRow
from storage.database import Database
from subscribers import audience, budgets, consent, directory, moving, signup, suppression
from subscribers.budgets import Budget
from subscribers.errors import SuppressedError, UnknownSubscriberError
from subscribers.preferences import Preferences
from subscribers.settings import RetentionSettings
from subscribers.signup import Application, Step
from subscribers.suppression import Reason
from subscribers.tables import (
    BudgetRow,
    ConfirmationRow,
    ConsentEventRow,
    ConsentKind,
    Status,
    SubscriberRow,
)

LATER = NOW + timedelta(days=1)
KEEP = RetentionSettings()


def apply(session: Session, email: str = GRACE.email, *, days: int = 0) -> int:
    """Ask for a subscription with all the evidence that a form gives; return the request's id."""
    mailbox = GRACE.mailbox if email == GRACE.email else ADA.mailbox
    wanted = Application(
        mailbox=mailbox,
        wishes=Preferences(),
        source="sign-up form",
        evidence={
            "address": email,
            "ip": "192.0.2.7",
            "user_agent": "Grace's browser",
            "consent": {"text": "Send me the digest.", "version": "1", "language": "en"},
        },
    )
    now = NOW + timedelta(days=days)
    return welcome.apply(session, wanted, keyring=KEYRING, now=now).confirmation_id


def write_to(session: Session, reader: int) -> int:
    """Enter a notice to a reader; return its number."""
    notice = NoticeRow(
        kind="welcome", subscriber_id=reader, email=EMMY.email, language="de", created_at=NOW,
        expires_at=NOW, state="accepted",
    )  # fmt: skip
    session.add(notice)
    session.flush()
    return notice.id


def erase(database: Database, subscriber_id: int) -> bool:
    with database.begin() as session:
        return forget.erase(session, subscriber_id=subscriber_id, now=LATER, source="by request")


def everything(database: Database) -> str:
    """Return all that the database holds, as text."""
    with database.read() as session:
        tables = [table.name for table in Base.metadata.sorted_tables]
        return "".join(
            str(session.execute(text(f"SELECT * FROM {table}")).all())  # noqa: S608 - our names
            for table in tables
        )


def count(session: Session, table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_d10_nothing_that_tells_who_it_was_is_left_and_the_proof_is(database: Database) -> None:
    send_to(database, readers=1)
    with database.begin() as session:
        confirmation = apply(session)
        pending = signup.confirm(
            session, confirmation_id=confirmation, keyring=KEYRING, now=NOW, source="button",
            evidence={"ip": "192.0.2.7", "method": "button"},
        )  # fmt: skip
        grace = pending.subscriber_id
        session.get_one(SubscriberRow, grace).name = "Grace H."
        moving.ask(session, subscriber_id=grace, mailbox=ADA.mailbox, keyring=KEYRING, now=NOW)
        delivery = session.scalars(select(DeliveryRow)).one()
        delivery.subscriber_id = grace
        delivery.reason = f"550 5.1.1 <{GRACE.email}>: no such user"
    assert erase(database, grace)
    assert not erase(database, grace)
    left = everything(database)
    for trace in (GRACE.email, "grace.h", "Grace", ADA.email, "192.0.2"):
        assert trace not in left, trace
    with database.read() as session:
        events = consent.history(session, subscriber_id=grace)
        delivery = session.scalars(select(DeliveryRow)).one()
        assert disclose(session, subscriber_id=grace)["subscriber"]["address"] is None
    assert delivery.reason == "550 5.1.1 <(address)>: no such user"
    assert [event.kind for event in events] == [
        ConsentKind.REQUESTED,
        ConsentKind.CONFIRMED,
        ConsentKind.ERASED,
    ]
    assert events[0].evidence["consent"]["text"] == "Send me the digest."
    assert events[1].evidence["method"] == "button"


def test_the_erased_get_no_mail_and_are_found_by_their_address_only(database: Database) -> None:
    with database.begin() as session:
        ada, emmy = subscribe(session, ADA, EMMY)
    erase(database, ada)
    with database.begin() as session:
        assert audience.wanted_among(session, [ada, emmy]) == {emmy}
        known = directory.find(session, mailbox=ADA.mailbox, keyring=KEYRING)
        barrier = suppression.find(
            session, mailbox_keys=KEYRING.mailbox_keys(ADA.mailbox.canonical)
        )
        with pytest.raises(SuppressedError, match="erasure"):
            directory.add(
                session, mailbox=ADA.mailbox, keyring=KEYRING, source="x", now=LATER, again=True
            )
    assert known is not None
    assert (known.id, known.email, known.status) == (ada, None, Status.ERASED)
    assert barrier is not None
    assert (barrier.reason, barrier.since, barrier.detail) == (Reason.ERASURE, LATER, None)


def test_a_new_opt_in_by_the_owner_lifts_it(database: Database) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
    erase(database, ada)
    with database.begin() as session:
        confirmation = apply(session, ADA.email, days=2)
        assert not audience.wanted_among(session, [ada])
        after = signup.confirm(
            session, confirmation_id=confirmation, keyring=KEYRING,
            now=NOW + timedelta(days=2), source="button",
        )  # fmt: skip
        assert after.step is Step.CONFIRMED
        assert audience.wanted_among(session, [ada])


def test_an_open_request_of_the_erased_leads_nowhere(database: Database) -> None:
    with database.begin() as session:
        confirmation = apply(session)
        grace = session.get_one(ConfirmationRow, confirmation).subscriber_id
    erase(database, grace)
    with database.begin() as session:
        after = signup.confirm(
            session, confirmation_id=confirmation, keyring=KEYRING, now=NOW, source="button"
        )
        assert after.step is Step.EXPIRED
        assert not audience.wanted_among(session, [grace])
        assert session.scalars(select(NoticeRow.email)).all() == [None]


def test_whose_mailbox_was_taken_over_is_not_brought_back_by_undoing_it(
    database: Database,
) -> None:
    with database.begin() as session:
        ada, emmy = subscribe(session, ADA, EMMY)
        directory.take_off(session, subscriber_id=emmy, now=NOW, source="x")
        move = moving.ask(
            session, subscriber_id=ada, mailbox=EMMY.mailbox, keyring=KEYRING, now=NOW
        ).move
        moving.confirm(session, move_id=move.id, keyring=KEYRING, now=NOW, source="x")
    erase(database, emmy)
    with database.begin() as session:
        moving.undo(session, move_id=move.id, keyring=KEYRING, now=LATER, source="x")
    with database.read() as session:
        assert directory.get(session, subscriber_id=ada).email == ADA.email
        assert directory.get(session, subscriber_id=emmy).email is None


def left_by_a_stranger(database: Database) -> list[str]:
    """Return what of a request tells who typed which address, and is still there."""
    held = everything(database)
    return [trace for trace in (ADA.email, "192.0.2", "browser") if trace in held]


def test_what_a_stranger_typed_about_the_erased_goes_with_the_next_erasure(
    database: Database,
) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
    assert erase(database, ada)
    with database.begin() as session:
        apply(session, ADA.email, days=2)
    assert left_by_a_stranger(database) != []
    assert erase(database, ada)
    assert left_by_a_stranger(database) == []
    assert not erase(database, ada)
    with database.read() as session:
        kinds = [event.kind for event in consent.history(session, subscriber_id=ada)]
    assert kinds == [ConsentKind.ADDED, ConsentKind.ERASED, ConsentKind.REQUESTED]


def test_what_a_stranger_typed_about_the_erased_goes_when_nobody_confirms_it(
    database: Database,
) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
    erase(database, ada)
    with database.begin() as session:
        apply(session, ADA.email, days=2)
    for days, traces in ((8, 3), (12, 0)):
        forget.expired(database, settings=KEEP, now=NOW + timedelta(days=days))
        assert len(left_by_a_stranger(database)) == traces, days
    assert not erase(database, ada)


def test_what_the_erased_may_still_confirm_keeps_its_evidence(database: Database) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
    erase(database, ada)
    with database.begin() as session:
        apply(session, ADA.email, days=2)
        apply(session, ADA.email, days=11)
    forget.expired(database, settings=KEEP, now=NOW + timedelta(days=12))
    with database.read() as session:
        asked = [
            event.evidence.get("ip")
            for event in consent.history(session, subscriber_id=ada)
            if event.kind is ConsentKind.REQUESTED
        ]
    assert asked == [None, "192.0.2.7"]


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ({"form": "https://blog.example/join"}, 1),
        ({"form": "https://blog.example/join?email=somebody"}, 0),
        ({"form": "https://blog.example/join#somebody"}, 0),
        ({"form": "https://blog.example/join/ada%40example.org"}, 0),
        ({"form": "https://blog.example/join/ada@example.org"}, 0),
        ({"consent": {"text": "Send me the digest?", "version": "1"}}, 1),
        ({"consent": {"text": "I, ada@example.org, agree", "version": "1"}}, 0),
        ({"consent": {"text": ["I", {"am": "ada@example.org"}]}}, 0),
        ({"consent_text": "I, <ada@example.org>, agree"}, 0),
        ({"file": "ada@example.org.csv"}, 0),
    ],
)
def test_what_names_somebody_does_not_stay_in_the_evidence(
    database: Database, kept: dict[str, object], left: int
) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        consent.record(
            session,
            subscriber_id=ada,
            kind=ConsentKind.CHANGED,
            source="x",
            now=NOW,
            evidence={**kept, "line": 7},
        )
    erase(database, ada)
    with database.read() as session:
        _, changed, _ = consent.history(session, subscriber_id=ada)
    assert changed.evidence == {"line": 7, **(kept if left else {})}


def test_nobody_cannot_be_erased(database: Database) -> None:
    with pytest.raises(UnknownSubscriberError):
        erase(database, 7)


# --- What nobody confirmed -------------------------------------------------------------------


@pytest.mark.parametrize(("days", "gone"), [(6.9, 0), (7.1, 1)])
def test_a_request_that_nobody_confirms_is_deleted_after_a_week(
    database: Database, days: float, gone: int
) -> None:
    with database.begin() as session:
        apply(session)
        (emmy,) = subscribe(session, EMMY)
        write_to(session, emmy)
    now = NOW + timedelta(days=days)
    assert forget.expired(database, settings=KEEP, now=now) == gone
    assert forget.expired(database, settings=KEEP, now=now) == 0
    assert (GRACE.email in everything(database)) is not gone
    with database.read() as session:
        assert count(session, SubscriberRow) == 2 - gone
        assert count(session, ConfirmationRow) == 1 - gone
        assert count(session, NoticeRow) == 2 - gone
        assert count(session, ConsentEventRow) == 2 - gone


def test_the_last_id_is_not_given_to_somebody_else(database: Database) -> None:
    with database.begin() as session:
        confirmation = apply(session)
        grace = session.get_one(ConfirmationRow, confirmation).subscriber_id
    assert forget.expired(database, settings=KEEP, now=NOW + timedelta(days=8)) == 1
    assert GRACE.email not in everything(database)
    with database.begin() as session:
        (emmy,) = subscribe(session, EMMY)
        apply(session, ADA.email, days=8)
    assert emmy > grace
    assert forget.expired(database, settings=KEEP, now=NOW + timedelta(days=16)) == 1
    with database.read() as session:
        assert session.get(SubscriberRow, grace) is None


def test_the_number_of_the_last_notice_is_not_given_to_somebody_elses(database: Database) -> None:
    with database.begin() as session:
        apply(session)
        (old,) = session.scalars(select(NoticeRow.id))
        (emmy,) = subscribe(session, EMMY)
    assert forget.expired(database, settings=KEEP, now=NOW + timedelta(days=8)) == 1
    assert GRACE.email not in everything(database)
    with database.begin() as session:
        assert write_to(session, emmy) > old
        late = MailEvent(kind=Kind.COMPLAINED, source="postmark", delivery_key=f"n.{old}")
        reactions.take(session, [late], now=NOW, settings=ReactionSettings())
        assert audience.wanted_among(session, [emmy])
        apply(session, ADA.email, days=8)
    assert forget.expired(database, settings=KEEP, now=NOW + timedelta(days=16)) == 1
    with database.read() as session:
        assert session.get(NoticeRow, old) is None
        assert count(session, SubscriberRow) == 2  # Emmy, and whom the last notice went to


def take_letters(session: Session, *, days: int) -> int:
    """Have a server take every letter that waits; return how many."""
    waiting = session.scalars(select(NoticeRow).where(NoticeRow.state == "pending")).all()
    for row in waiting:
        row.state = DeliveryState.ACCEPTED
        consent.mailed(
            session,
            subscriber_id=row.subscriber_id,
            source=f"letter of kind {row.kind}",
            now=NOW + timedelta(days=days),
            evidence={},
        )
    return len(waiting)


@pytest.mark.parametrize("taken", [True, False])
def test_d11_no_stranger_has_more_than_three_letters_sent_before_a_long_rest(
    database: Database,
    *,
    taken: bool,
) -> None:
    """However often they type the address, and though it is deleted again and again."""
    sent = []
    for day in range(190):
        with database.begin() as session:
            apply(session, days=day)
            waiting = select(NoticeRow.id).where(NoticeRow.created_at == NOW + timedelta(days=day))
            if session.scalars(waiting.where(NoticeRow.state == "pending")).all():
                sent.append(day)
            if taken:
                take_letters(session, days=day)
        forget.expired(database, settings=KEEP, now=NOW + timedelta(days=day, hours=1))
    assert sent == [0, 1, 2, 92, 93, 94, 184, 185, 186]


def test_d11_letters_that_were_answered_do_not_count(database: Database) -> None:
    with database.begin() as session:
        for day in range(3):
            confirmation = apply(session, days=day)
        now = NOW + timedelta(days=2, hours=1)
        pending = signup.confirm(
            session, confirmation_id=confirmation, keyring=KEYRING, now=now, source="button"
        )
        directory.take_off(session, subscriber_id=pending.subscriber_id, now=now, source="x")
        for day in range(3, 9):
            apply(session, days=day)
        assert take_letters(session, days=9) == 6


@pytest.mark.parametrize(("taken", "gone_after"), [(False, 7), (True, 12)])
def test_asking_again_keeps_an_address_only_as_long_as_letters_go_out(
    database: Database, *, taken: bool, gone_after: int
) -> None:
    with database.begin() as session:
        for day in range(7):
            apply(session, days=day)
            if taken and day == 5:
                take_letters(session, days=day)
    for hours, gone in ((-1, 0), (1, 1)):
        now = NOW + timedelta(days=gone_after, hours=hours)
        assert forget.expired(database, settings=KEEP, now=now) == gone


def test_who_was_never_asked_stays_longer(database: Database) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        session.get_one(SubscriberRow, ada).status = Status.PENDING
    for days, gone in ((89, 0), (91, 1)):
        now = NOW + timedelta(days=days)
        assert forget.expired(database, settings=KEEP, now=now) == gone, days


def test_a_member_stays_and_what_they_did_not_confirm_goes(database: Database) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        moving.ask(session, subscriber_id=ada, mailbox=GRACE.mailbox, keyring=KEYRING, now=NOW)
    assert GRACE.email in everything(database)
    assert forget.expired(database, settings=KEEP, now=NOW + timedelta(days=30)) == 0
    assert GRACE.email not in everything(database)
    with database.read() as session:
        assert audience.wanted_among(session, [ada])


def test_waiting_letters_to_the_erased_are_not_for_anybody(database: Database) -> None:
    with database.begin() as session:
        apply(session)
        notice = session.scalars(select(NoticeRow)).one()
        assert (notice.state, notice.email) == (DeliveryState.PENDING, GRACE.email)
        grace = notice.subscriber_id
    erase(database, grace)
    with database.read() as session:
        assert session.scalars(select(NoticeRow.email)).all() == [None]


def test_how_often_a_network_asked_is_forgotten_after_a_day(database: Database) -> None:
    with database.begin() as session:
        budgets.spend(session, [Budget(name="signup ip x", most=9)], now=NOW)
    for hours, left in ((23, 1), (25, 0)):
        forget.expired(database, settings=KEEP, now=NOW + timedelta(hours=hours))
        with database.read() as session:
            assert count(session, BudgetRow) == left
