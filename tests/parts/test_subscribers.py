"""People on the list: added, found, listed, removed, suppressed, and the evidence of it all."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from people import ADA, CAST, EMMY, GRACE, KEYRING, NOW, subscribe
from sqlalchemy import literal, select

from storage.database import Database
from subscribers import audience, consent, directory, suppression
from subscribers.directory import AddOutcome
from subscribers.errors import SubscriberError, SuppressedError, UnknownSubscriberError
from subscribers.suppression import Reason
from subscribers.tables import ConsentKind, Status, SubscriberRow
from subscribers.tokens import Keyring
from subscribers.unsubscribe import look, may_have_a_link, undo, unsubscribe

LATER = NOW + timedelta(days=1)
CONSENT = "paper list of the meet-up, 3 May 2026"


def add(database: Database, email: str = ADA.email, **more: object) -> directory.Added:
    person = replace(ADA, email=email)
    keyring = more.pop("keyring", KEYRING)
    assert isinstance(keyring, Keyring)
    with database.begin() as session:
        return directory.add(
            session,
            mailbox=person.mailbox,
            keyring=keyring,
            source=str(more.pop("source", CONSENT)),
            now=NOW,
            **more,  # type: ignore[arg-type] # the few keywords a test names
        )


def kinds(database: Database, subscriber_id: int) -> list[ConsentKind]:
    with database.read() as session:
        return [event.kind for event in consent.history(session, subscriber_id=subscriber_id)]


def leave(database: Database, subscriber_id: int) -> bool:
    with database.begin() as session:
        return unsubscribe(
            session, subscriber_id=subscriber_id, now=LATER, source="link", evidence={}
        ).changed


def test_an_added_reader_is_confirmed_and_the_consent_is_on_record(database: Database) -> None:
    added = add(database, name="Ada", language="de-AT")
    with database.read() as session:
        member = directory.find(session, mailbox=ADA.mailbox, keyring=KEYRING)
        events = consent.history(session, subscriber_id=added.subscriber_id)
    assert member is not None
    assert (member.email, member.name, member.language) == ("ada@example.org", "Ada", "de-AT")
    assert member.status is Status.CONFIRMED
    assert member.confirmed_at == NOW
    assert added.outcome is AddOutcome.ADDED
    assert [(e.at, e.kind, e.source) for e in events] == [(NOW, ConsentKind.ADDED, CONSENT)]


@pytest.mark.parametrize("spelling", ["ADA@example.org", " ada@EXAMPLE.ORG ", "Ada@Example.Org"])
def test_another_spelling_of_a_mailbox_is_the_same_reader(
    database: Database, spelling: str
) -> None:
    first = add(database)
    second = add(database, spelling)
    assert second.subscriber_id == first.subscriber_id
    assert second.outcome is AddOutcome.KNOWN
    assert kinds(database, first.subscriber_id) == [ConsentKind.ADDED]


def test_eight_processes_add_one_reader_once(database: Database) -> None:
    found: list[directory.Added] = []
    barrier = threading.Barrier(8)

    def add_it() -> None:
        barrier.wait()
        found.append(add(database))

    threads = [threading.Thread(target=add_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({one.subscriber_id for one in found}) == 1
    assert [one.outcome for one in found].count(AddOutcome.ADDED) == 1
    assert kinds(database, found[0].subscriber_id) == [ConsentKind.ADDED]


@pytest.mark.parametrize("more", [{"source": " \n "}, {"language": "klingonese!"}])
def test_without_a_source_or_with_an_odd_language_nothing_is_written(
    database: Database, more: dict[str, Any]
) -> None:
    with database.begin() as session, pytest.raises(SubscriberError):
        directory.add(
            session,
            mailbox=ADA.mailbox,
            keyring=KEYRING,
            now=NOW,
            **{"source": CONSENT, **more},
        )
    with database.read() as session:
        assert directory.members(session) == []


def test_names_and_sources_are_cleaned(database: Database) -> None:
    added = add(database, name="  Ada\r\nBcc: x\x00 \u202eLove  lace " + "y" * 300, source="a\x00b")
    with database.read() as session:
        member = directory.get(session, subscriber_id=added.subscriber_id)
        assert consent.history(session, subscriber_id=member.id)[0].source == "ab"
    assert member.name is not None
    assert member.name.startswith("Ada Bcc: x Love lace yyy")
    assert len(member.name) == 200


def test_pages_of_members_follow_each_other(database: Database) -> None:
    with database.begin() as session:
        subscribe(session, *CAST)
    with database.read() as session:
        first = directory.members(session, limit=3)
        second = directory.members(session, after_id=first[-1].id, limit=3)
    assert [m.email for m in first + second] == [person.email for person in CAST]


def test_whoever_left_needs_a_new_consent(database: Database) -> None:
    first = add(database, name="Ada")
    leave(database, first.subscriber_id)
    with pytest.raises(SuppressedError, match=r"unsubscribed since 2026-06-13.*--again"):
        add(database)
    back = add(database, again=True, source="asked by mail")
    assert (back.subscriber_id, back.outcome) == (first.subscriber_id, AddOutcome.RETURNED)
    assert kinds(database, first.subscriber_id) == [
        ConsentKind.ADDED,
        ConsentKind.UNSUBSCRIBED,
        ConsentKind.ADDED,
    ]
    with database.read() as session:
        member = directory.get(session, subscriber_id=back.subscriber_id)
    assert (member.status, member.name) == (Status.CONFIRMED, "Ada")


@pytest.mark.parametrize(
    ("status", "returns"),
    [
        (Status.BOUNCED, True),
        (Status.ERASED, True),
        (Status.COMPLAINED, False),
    ],
)
def test_an_operator_cannot_bring_back_who_complained(
    database: Database, status: Status, *, returns: bool
) -> None:
    subscriber_id = add(database).subscriber_id
    with database.begin() as session:
        session.get_one(SubscriberRow, subscriber_id).status = status
    if returns:
        assert add(database, again=True).outcome is AddOutcome.RETURNED
    else:
        with pytest.raises(SuppressedError, match="only they themselves"):
            add(database, again=True)


def test_a_pending_reader_becomes_confirmed(database: Database) -> None:
    subscriber_id = add(database).subscriber_id
    with database.begin() as session:
        session.get_one(SubscriberRow, subscriber_id).status = Status.PENDING
    assert add(database).outcome is AddOutcome.ADDED
    with database.read() as session:
        assert directory.get(session, subscriber_id=subscriber_id).status is Status.CONFIRMED


def test_removing_ends_all_mail_and_keeps_the_evidence(database: Database) -> None:
    subscriber_id = add(database).subscriber_id
    for _ in range(2):
        with database.begin() as session:
            member = directory.remove(session, mailbox=ADA.mailbox, keyring=KEYRING, now=LATER)
        assert member.status is Status.UNSUBSCRIBED
    with database.read() as session:
        assert not audience.wanted_among(session, [subscriber_id])
    assert kinds(database, subscriber_id) == [ConsentKind.ADDED, ConsentKind.REMOVED]


def test_removing_a_stranger_is_an_error_that_hides_the_address(database: Database) -> None:
    with database.begin() as session, pytest.raises(UnknownSubscriberError) as error:
        directory.remove(session, mailbox=GRACE.mailbox, keyring=KEYRING, now=NOW)
    assert "g***@example.com" in str(error.value)
    assert GRACE.email not in str(error.value)


def test_leaving_works_at_once_and_twice_is_once(database: Database) -> None:
    subscriber_id = add(database).subscriber_id
    assert leave(database, subscriber_id)
    assert not leave(database, subscriber_id)
    assert kinds(database, subscriber_id) == [ConsentKind.ADDED, ConsentKind.UNSUBSCRIBED]
    with database.read() as session:
        standing = look(session, subscriber_id=subscriber_id)
        assert not audience.wanted_among(session, [subscriber_id])
    assert (standing.subscribed, standing.masked, standing.may_return) == (
        False,
        "a***@example.org",
        True,
    )


def test_leaving_touches_nobody_else(database: Database) -> None:
    with database.begin() as session:
        ada, emmy = subscribe(session, ADA, EMMY)
    leave(database, ada)
    with database.read() as session:
        assert look(session, subscriber_id=emmy).subscribed
    assert kinds(database, emmy) == [ConsentKind.ADDED]


def test_undo_is_a_consent_of_its_own(database: Database) -> None:
    subscriber_id = add(database).subscriber_id
    leave(database, subscriber_id)
    for _ in range(2):
        with database.begin() as session:
            assert undo(session, subscriber_id=subscriber_id, now=LATER, source="u").subscribed
    assert kinds(database, subscriber_id)[1:] == [
        ConsentKind.UNSUBSCRIBED,
        ConsentKind.RESUBSCRIBED,
    ]


@pytest.mark.parametrize("kind", [None, ConsentKind.UNSUBSCRIBED, ConsentKind.REMOVED])
@pytest.mark.parametrize("is_barred", [False, True])
@pytest.mark.parametrize("is_asked_for", [False, True])
def test_the_database_says_as_the_page_does_who_may_have_a_link(
    database: Database, *, kind: ConsentKind | None, is_barred: bool, is_asked_for: bool
) -> None:
    whose = add(database).subscriber_id
    with database.begin() as session:
        if kind is not None:
            unsubscribe(session, subscriber_id=whose, kind=kind, source="x", now=NOW)
        if is_asked_for:  # by a stranger: it changes nothing
            consent.record(
                session, subscriber_id=whose, kind=ConsentKind.REQUESTED, source="x", now=NOW
            )
        if is_barred:
            key = session.get_one(SubscriberRow, whose).mailbox_key
            suppression.suppress(session, mailbox_key=key, reason=Reason.BOUNCE, now=NOW)
        standing = look(session, subscriber_id=whose)
        [allowed] = session.scalars(select(may_have_a_link(literal(whose))))
    assert allowed == (standing.subscribed or standing.may_return)


def test_an_old_link_does_not_undo_what_the_operator_did(database: Database) -> None:
    subscriber_id = add(database).subscriber_id
    with database.begin() as session:
        directory.remove(session, mailbox=ADA.mailbox, keyring=KEYRING, now=LATER)
    with database.begin() as session:
        standing = undo(session, subscriber_id=subscriber_id, now=LATER, source="page")
    assert not standing.subscribed
    assert not standing.may_return


def test_undo_does_not_lift_a_suppression(database: Database) -> None:
    subscriber_id = add(database).subscriber_id
    leave(database, subscriber_id)
    with database.begin() as session:
        key = KEYRING.mailbox_keys(ADA.mailbox.canonical)[0]
        suppression.suppress(session, mailbox_key=key, reason=Reason.COMPLAINT, now=LATER)
    with database.begin() as session:
        assert not undo(session, subscriber_id=subscriber_id, now=LATER, source="page").subscribed


def test_a_suppressed_mailbox_cannot_be_added(database: Database) -> None:
    key = KEYRING.mailbox_keys(ADA.mailbox.canonical)[0]
    with database.begin() as session:
        assert suppression.suppress(session, mailbox_key=key, reason=Reason.BOUNCE, now=NOW)
        assert not suppression.suppress(session, mailbox_key=key, reason=Reason.OPERATOR, now=LATER)
    for again in (False, True):
        with pytest.raises(SuppressedError, match=r"a\*\*\*@example.org.*2026-06-12 \(bounce\)"):
            add(database, again=again)
    with database.begin() as session:
        assert suppression.lift(session, mailbox_keys=[key])
        assert not suppression.lift(session, mailbox_keys=[key])
    assert add(database).outcome is AddOutcome.ADDED


def test_a_new_secret_forgets_neither_readers_nor_suppressions(database: Database) -> None:
    first = add(database)
    with database.begin() as session:
        key = KEYRING.mailbox_keys(GRACE.mailbox.canonical)[0]
        suppression.suppress(session, mailbox_key=key, reason=Reason.ERASURE, now=NOW)
    rotated = Keyring((b"the secret of next year", *KEYRING.secrets))
    assert add(database, keyring=rotated).subscriber_id == first.subscriber_id
    with pytest.raises(SuppressedError):
        add(database, GRACE.email, keyring=rotated)


def test_asking_about_nobody_is_an_error(database: Database) -> None:
    with database.read() as session:
        assert directory.find(session, mailbox=ADA.mailbox, keyring=KEYRING) is None
        with pytest.raises(UnknownSubscriberError):
            directory.get(session, subscriber_id=7)
        with pytest.raises(UnknownSubscriberError):
            look(session, subscriber_id=7)
