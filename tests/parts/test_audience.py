"""The audience: everybody is either a candidate or excluded for exactly one reason."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import ADA, CAST, EMMY, GRACE, NOW, subscribe
from sqlalchemy import delete, func, literal, select, text
from sqlalchemy.orm import Session

from storage.database import Database
from subscribers import audience, suppression
from subscribers.errors import UnknownSubscriberError
from subscribers.suppression import Reason
from subscribers.tables import ConsentEventRow, Status, SubscriberRow, SuppressionRow

PAUSES = {"none": None, "over": NOW, "on": NOW + timedelta(days=3)}

member = st.tuples(
    st.sampled_from(list(Status)), st.booleans(), st.booleans(), st.sampled_from(sorted(PAUSES))
)


def fill(session: Session, people: list[tuple[Status, bool, bool, str]]) -> None:
    for table in (ConsentEventRow, SubscriberRow, SuppressionRow):
        session.execute(delete(table))
    for number, (status, has_address, suppressed, pause) in enumerate(people, start=1):
        session.add(
            SubscriberRow(
                id=number,
                email=f"p{number}@example.org" if has_address else None,
                mailbox_key=f"key {number}",
                status=status,
                created_at=NOW,
                paused_until=PAUSES[pause],
            )
        )
        if suppressed:
            session.add(
                SuppressionRow(mailbox_key=f"key {number}", reason=Reason.BOUNCE, since=NOW)
            )
    session.flush()


def expected(status: Status, pause: str, *, has_address: bool, suppressed: bool) -> str:
    """Say by plain reading what must become of one member."""
    if status is not Status.CONFIRMED:
        return str(status)
    if not has_address:
        return "erased"
    if suppressed:
        return "suppressed"
    return "paused" if pause == "on" else "gets it"


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(people=st.lists(member, max_size=25))
def test_members_are_candidates_plus_excluded(
    database: Database, people: list[tuple[Status, bool, bool, str]]
) -> None:
    with database.begin() as session:
        fill(session, people)
        chosen = session.execute(audience.candidates(now=NOW)).all()
        excluded = audience.excluded(session, now=NOW)
        fates = [fate for _, fate in audience.roll_call(session, now=NOW)]
    wanted = [expected(s, p, has_address=a, suppressed=x) for s, a, x, p in people]
    assert fates == wanted
    assert excluded == {k: v for k, v in Counter(wanted).items() if k != "gets it"}
    assert len(chosen) + sum(excluded.values()) == len(people)
    assert [row.id for row in chosen] == [
        n for n, fate in enumerate(wanted, start=1) if fate == "gets it"
    ]


def test_candidates_carry_what_the_ledger_writes(database: Database) -> None:
    with database.begin() as session:
        ids = subscribe(session, ADA, EMMY)
        rows = session.execute(audience.candidates(now=NOW)).all()
        keys = {row.id: row.mailbox_key for row in session.scalars(select(SubscriberRow))}
    assert [tuple(row) for row in rows] == [
        (ids[0], keys[ids[0]], "en", "", "html"),
        (ids[1], keys[ids[1]], "de", "", "html"),
    ]


def test_the_question_before_the_dot_sees_who_left_and_who_is_suppressed(
    database: Database,
) -> None:
    with database.begin() as session:
        ada, grace, emmy = subscribe(session, ADA, GRACE, EMMY)
        session.get_one(SubscriberRow, grace).status = Status.UNSUBSCRIBED
        key = session.get_one(SubscriberRow, emmy).mailbox_key
        suppression.suppress(session, mailbox_key=key, reason=Reason.COMPLAINT, now=NOW)
    with database.read() as session:
        for subscriber_id, wanted in ((ada, True), (grace, False), (emmy, False), (99, False)):
            assert bool(audience.wanted_among(session, [subscriber_id])) == wanted
            condition = audience.still_wanted(literal(subscriber_id))
            assert bool(session.scalar(select(condition))) is wanted


def test_a_pause_after_the_freeze_begins_with_the_next_issue(database: Database) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        session.get_one(SubscriberRow, ada).paused_until = PAUSES["on"]
    with database.read() as session:
        assert audience.wanted_among(session, [ada]) == {ada}
        assert session.execute(audience.candidates(now=NOW)).all() == []


def test_readers_come_by_id_without_the_erased(database: Database) -> None:
    with database.begin() as session:
        ids = subscribe(session, *CAST)
        session.get_one(SubscriberRow, ids[1]).email = None
    with database.read() as session:
        people = audience.readers(session, subscriber_ids=[*reversed(ids), 99])
        assert audience.readers(session, subscriber_ids=[]) == []
    assert [person.subscriber_id for person in people] == [ids[0], *ids[2:]]
    assert (people[0].email, people[0].name, people[0].language) == (ADA.email, "Ada", "en")
    assert people[0].confirmed_at == NOW


def test_more_readers_than_one_statement_takes(database: Database) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
    with database.read() as session:
        people = audience.readers(session, subscriber_ids=[*range(1000, 80_000), ada])
    assert [person.subscriber_id for person in people] == [ada]


def test_why_somebody_gets_no_issue_is_said_in_words(database: Database) -> None:
    def said(subscriber_id: int) -> str:
        with database.read() as session:
            return audience.explain(session, subscriber_id=subscriber_id, now=NOW)

    with database.begin() as session:
        ada, grace, emmy, alan, _ = subscribe(session, *CAST)
        session.get_one(SubscriberRow, grace).status = Status.UNSUBSCRIBED
        session.get_one(SubscriberRow, emmy).paused_until = PAUSES["on"]
        key = session.get_one(SubscriberRow, alan).mailbox_key
        suppression.suppress(session, mailbox_key=key, reason=Reason.BOUNCE, now=NOW)
    assert said(ada) == "gets the next issue"
    assert said(grace) == "gets no issue: unsubscribed"
    assert said(emmy) == "gets no issue: paused until 2026-06-15"
    assert said(alan) == "gets no issue: suppressed (bounce)"
    with pytest.raises(UnknownSubscriberError):
        said(99)


def test_the_audience_of_many_is_found_by_index(database: Database) -> None:
    with database.begin() as session:
        session.add_all(
            SubscriberRow(
                email=f"{n}@example.org",
                mailbox_key=f"{n:064x}",
                status=Status.CONFIRMED if n % 50 == 0 else Status.PENDING,
                created_at=NOW,
            )
            for n in range(20_000)
        )
    with database.begin() as session:
        session.execute(text("ANALYZE"))
    with database.read() as session:
        compiled = audience.candidates(now=NOW).compile(
            session.get_bind(), compile_kwargs={"literal_binds": True}
        )
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        plan = "\n".join(str(row) for row in session.execute(text(f"{explain} {compiled}")))
        count = session.scalar(
            select(func.count()).select_from(audience.candidates(now=NOW).subquery())
        )
    assert count == 400
    assert "ix_subscriber_status" in plan, plan
