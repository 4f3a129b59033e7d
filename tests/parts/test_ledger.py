"""The ledger on both databases: every step, the fence between two holders, and the sums."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import pytest
from books import claim, register, row_of, send_to, state_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import NOW
from sqlalchemy import delete, event, select, update
from sqlalchemy.orm import Session

from digest.delivery import batches, journal, ledger, moves
from digest.delivery.audit import audit
from digest.delivery.batches import Claim, Due
from digest.delivery.moves import Result
from digest.delivery.state import OPEN, DeliveryState
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.tables import DeliveryRow, EditionRow
from storage.database import Database
from subscribers import unsubscribe

LATER = NOW + timedelta(minutes=10)


def outcome(verdict: Verdict, *, counted: bool = True, stage: Stage = Stage.DOT) -> Outcome:
    return Outcome(verdict=verdict, stage=stage, code=451, text="words", counted=counted)


def one(database: Database) -> tuple[Edition, Claim]:
    """Claim the letter of an edition that has one reader."""
    edition = send_to(database, readers=1)
    (taken,) = claim(database, edition, worker=register(database))
    return edition, taken


def intend(database: Database, taken: Claim) -> bool:
    with database.begin() as session:
        return bool(moves.intend(session, [taken]))


def settle(database: Database, taken: Claim, result: Outcome, *, again: bool = True) -> bool:
    with database.begin() as session:
        made = Result(claim=taken, outcome=result, next_at=LATER if again else None)
        return bool(moves.settle(session, [made], now=NOW))


def take_over(database: Database, *, testimony: journal.Testimony | None = None) -> int:
    """Do as if the first worker had died."""
    with database.begin() as session:
        return ledger.recover(session, 1, testimony=testimony, now=NOW)


def left_word(
    *,
    in_hand: Iterable[int] = (),
    unanswered: Iterable[int] = (),
    answers: dict[int, Outcome] | None = None,
) -> journal.Testimony:
    return journal.Testimony(
        in_hand=frozenset(in_hand), unanswered=frozenset(unanswered), answers=answers or {}
    )


def move_edition(database: Database, state: EditionState) -> None:
    with database.begin() as session:
        session.execute(update(EditionRow).values(state=state))


@pytest.mark.parametrize(
    ("result", "again", "state", "attempts"),
    [
        (outcome(Verdict.ACCEPTED), True, DeliveryState.ACCEPTED, 1),
        (outcome(Verdict.REFUSED), True, DeliveryState.REJECTED, 1),
        (outcome(Verdict.UNKNOWN), True, DeliveryState.UNKNOWN, 1),
        (outcome(Verdict.RETRY), True, DeliveryState.DEFERRED, 1),
        (outcome(Verdict.RETRY), False, DeliveryState.FAILED, 1),
        (outcome(Verdict.RETRY, counted=False), True, DeliveryState.PENDING, 0),
        (outcome(Verdict.CONFIG, counted=False), True, DeliveryState.PENDING, 0),
    ],
)
def test_each_outcome_leads_to_its_state(
    database: Database, *, result: Outcome, again: bool, state: DeliveryState, attempts: int
) -> None:
    _, taken = one(database)
    assert intend(database, taken)
    assert state_of(database, taken) is DeliveryState.COMMITTING
    assert settle(database, taken, result, again=again)
    with database.read() as session:
        row = row_of(session, taken)
        assert (row.state, row.attempts, row.worker_id) == (state, attempts, None)
        assert (row.ended_at is None) == (state in OPEN)
        assert row.next_at == (LATER if state is DeliveryState.DEFERRED else None)


def test_answers_that_name_a_place_in_the_queue_are_written_together(database: Database) -> None:
    edition = send_to(database, readers=20)
    taken = claim(database, edition, worker=register(database), limit=20)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    results = [
        Result(
            claim=one,
            outcome=Outcome(
                verdict=Verdict.ACCEPTED, stage=Stage.DOT, code=250, text=f"queued as 4cY{number}"
            ),
        )
        for number, one in enumerate(taken)
    ]
    with database.begin() as session:
        moves.intend(session, taken)
        event.listen(database.engine, "before_cursor_execute", note)
        assert moves.settle(session, results, now=NOW) == len(taken)
        event.remove(database.engine, "before_cursor_execute", note)
    assert len(statements) == 1
    with database.read() as session:
        assert ledger.counts(session, edition.id) == {DeliveryState.ACCEPTED: len(taken)}


def test_each_letter_of_a_turn_comes_to_its_own_end(database: Database) -> None:
    edition = send_to(database, readers=4)
    taken = claim(database, edition, worker=register(database), limit=4)
    ends = {
        Verdict.ACCEPTED: (DeliveryState.ACCEPTED, None, None),
        Verdict.REFUSED: (DeliveryState.REJECTED, "words", None),
        Verdict.UNKNOWN: (DeliveryState.UNKNOWN, "no clear answer at dot: words", None),
        Verdict.RETRY: (DeliveryState.DEFERRED, "words", LATER),
    }
    results = [
        Result(claim=one, outcome=outcome(verdict), next_at=LATER)
        for one, verdict in zip(taken, ends, strict=True)
    ]
    with database.begin() as session:
        moves.intend(session, taken)
        assert moves.settle(session, results, now=NOW) == len(taken)
    with database.read() as session:
        rows = [row_of(session, one) for one in taken]
        assert [(row.state, row.reason, row.next_at) for row in rows] == [*ends.values()]


def test_nothing_is_intended_twice(database: Database) -> None:
    _, taken = one(database)
    assert intend(database, taken)
    assert not intend(database, taken)


@pytest.mark.parametrize("state", [EditionState.PAUSED, EditionState.FAILED])
def test_no_dot_leaves_when_the_issue_is_stopped(database: Database, state: EditionState) -> None:
    _, taken = one(database)
    move_edition(database, state)
    assert not intend(database, taken)


@pytest.mark.parametrize("state", [EditionState.PAUSED, EditionState.FAILED, EditionState.FROZEN])
def test_nothing_is_claimed_of_an_issue_that_is_not_going(
    database: Database, state: EditionState
) -> None:
    edition = send_to(database, readers=2)
    move_edition(database, state)
    assert claim(database, edition, worker=register(database)) == []


def test_no_dot_leaves_for_who_has_left(database: Database) -> None:
    _, taken = one(database)
    with database.begin() as session:
        unsubscribe.unsubscribe(
            session, subscriber_id=taken.subscriber_id, source="one click", now=NOW, evidence={}
        )
    assert not intend(database, taken)


def test_a_deferred_letter_waits_for_its_time(database: Database) -> None:
    edition, taken = one(database)
    settle(database, taken, outcome(Verdict.RETRY))
    worker = register(database, "here:2:b")
    with database.begin() as session:
        early = LATER - timedelta(seconds=1)
        assert batches.claim(session, Due(edition.id, worker, early, 9)) == []
        (again,) = batches.claim(session, Due(edition.id, worker, LATER, 9))
    assert (again.delivery_id, again.attempts) == (taken.delivery_id, 1)
    assert again.epoch == taken.epoch + 1


def test_what_a_dead_sender_had_claimed_waits_again(database: Database) -> None:
    edition, taken = one(database)
    assert take_over(database) == 0
    assert state_of(database, taken) is DeliveryState.PENDING
    assert not intend(database, taken)  # should it wake up
    (again,) = claim(database, edition, worker=register(database, "here:2:b"))
    assert not intend(database, taken)
    assert intend(database, again)


def test_the_fence_holds_against_every_step_of_a_sender_that_wakes_up(database: Database) -> None:
    edition, taken = one(database)
    take_over(database)
    (again,) = claim(database, edition, worker=register(database, "here:2:b"))
    with database.begin() as session:
        assert not moves.intend(session, [taken])
        assert not moves.skip(session, [taken], reason="late", now=NOW)
        assert not moves.give_back(session, [taken])
        for verdict in Verdict:
            late = Result(claim=taken, outcome=outcome(verdict), next_at=LATER)
            assert not moves.settle(session, [late], now=NOW)
    assert state_of(database, again) is DeliveryState.CLAIMED


def test_what_a_dead_sender_was_committing_is_unknown_and_stays_so(database: Database) -> None:
    edition, taken = one(database)
    intend(database, taken)
    assert take_over(database) == 1
    assert take_over(database) == 0
    assert claim(database, edition, worker=register(database, "here:2:b")) == []
    with database.read() as session:
        (named,) = ledger.unserved(session, edition.id)
    assert (named.state, named.subscriber_id) == (DeliveryState.UNKNOWN, taken.subscriber_id)
    assert "between the final dot and the answer" in str(named.reason)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.ACCEPTED, DeliveryState.ACCEPTED),
        (Verdict.REFUSED, DeliveryState.REJECTED),
        (Verdict.RETRY, DeliveryState.UNKNOWN),  # the issue may be closed: no row opens again
        (Verdict.UNKNOWN, DeliveryState.UNKNOWN),
    ],
)
def test_a_late_answer_is_evidence(
    database: Database, verdict: Verdict, state: DeliveryState
) -> None:
    _, taken = one(database)
    intend(database, taken)
    take_over(database)
    settle(database, taken, outcome(verdict))
    assert state_of(database, taken) is state


def test_what_a_dead_sender_left_word_of_is_believed(database: Database) -> None:
    edition = send_to(database, readers=4)
    silent, answered, unanswered, put_off = taken = claim(
        database, edition, worker=register(database), limit=4
    )
    with database.begin() as session:
        assert len(moves.intend(session, taken)) == 4
        assert sorted(ledger.intended(session, 1)) == [one.delivery_id for one in taken]
    word = left_word(
        unanswered=[unanswered.delivery_id],
        answers={
            answered.delivery_id: outcome(Verdict.ACCEPTED),
            put_off.delivery_id: outcome(Verdict.RETRY),
        },
    )
    assert take_over(database, testimony=word) == 1
    assert state_of(database, silent) is DeliveryState.PENDING
    assert state_of(database, answered) is DeliveryState.ACCEPTED
    assert state_of(database, unanswered) is DeliveryState.UNKNOWN
    assert state_of(database, put_off) is DeliveryState.DEFERRED


def test_a_letter_in_hand_at_three_deaths_is_set_aside(database: Database) -> None:
    edition = send_to(database, readers=2)
    register(database)
    for deaths in (1, 2, 3):
        poison, innocent = claim(
            database, edition, worker=batches.Worker(id=1, name="here:1:a"), limit=2
        )
        take_over(database, testimony=left_word(in_hand=[poison.delivery_id]))
        assert state_of(database, innocent) is DeliveryState.PENDING
        expected = DeliveryState.FAILED if deaths == ledger.MAX_CRASHES else DeliveryState.PENDING
        assert state_of(database, poison) is expected
    with database.read() as session:
        assert row_of(session, poison).reason == "the sender died 3 times with it in hand"
        assert row_of(session, innocent).crashes == 0


def test_closing_an_issue_leaves_no_letter_that_could_go(database: Database) -> None:
    edition = send_to(database, readers=4)
    worker = register(database)
    held, gone, put_off = claim(database, edition, worker=worker, limit=3)
    intend(database, gone)
    settle(database, put_off, outcome(Verdict.RETRY))
    with database.begin() as session:
        assert ledger.close(session, edition.id, reason="issue closed", now=NOW) == 3
    assert not intend(database, held)
    with database.begin() as session:
        assert not moves.give_back(session, [held])  # it would be open in a closed issue for ever
    assert settle(database, gone, outcome(Verdict.ACCEPTED))
    with database.read() as session:
        counted = ledger.counts(session, edition.id)
    assert counted == {DeliveryState.SKIPPED: 3, DeliveryState.ACCEPTED: 1}


def test_an_issue_is_open_as_long_as_a_letter_waits_or_is_in_hand(database: Database) -> None:
    edition = send_to(database, readers=2)
    worker = register(database)
    first, last = claim(database, edition, worker=worker, limit=2)

    def looks() -> tuple[bool, bool]:
        with database.read() as session:
            return ledger.has_open(session, edition.id), ledger.holds(session, worker.id)

    assert looks() == (True, True)
    for taken in (first, last):
        assert looks() == (True, True)
        intend(database, taken)
        settle(database, taken, outcome(Verdict.RETRY if taken is first else Verdict.ACCEPTED))
    assert looks() == (True, False)  # one was put off
    only_last = (last.delivery_id, last.delivery_id)
    with database.begin() as session:
        assert ledger.counts(session, edition.id, within=only_last) == {DeliveryState.ACCEPTED: 1}
        ledger.close(session, edition.id, reason="issue closed", now=NOW)
    assert looks() == (False, False)


def test_everybody_is_written_or_excluded_and_counted(database: Database) -> None:
    edition = send_to(database, readers=3)
    with database.read() as session:
        assert ledger.counts(session, edition.id) == {DeliveryState.PENDING: 3}
        assert ledger.excluded(session, edition.id) == {}
        assert audit(session) == []


def test_the_audit_sees_a_lost_row(database: Database) -> None:
    send_to(database, readers=3)
    with database.begin() as session:
        first = session.scalars(select(DeliveryRow.id).limit(1)).one()
        session.execute(delete(DeliveryRow).where(DeliveryRow.id == first))
        (finding,) = audit(session)
    assert finding.sentence == "3 candidates, but the states add up to 2: 2 pending"


def test_the_audit_sees_an_issue_that_was_closed_too_early(database: Database) -> None:
    send_to(database, readers=3)
    move_edition(database, EditionState.SENT)
    with database.read() as session:
        (finding,) = audit(session)
    assert finding.sentence == "3 deliveries are open though the issue is sent"


READERS = 4
STEPS = ("claim", "take", "intend", "accept", "retry", "refuse", "lose", "give back", "skip", "die")
VERDICTS = {
    "accept": Verdict.ACCEPTED,
    "retry": Verdict.RETRY,
    "refuse": Verdict.REFUSED,
    "lose": Verdict.UNKNOWN,
}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), min_size=5, max_size=40)
)
def test_the_sums_hold_whatever_happens(database: Database, steps: list[tuple[str, int]]) -> None:
    """Any steps of two senders, also of one that was taken for dead: nobody twice, nobody lost."""
    edition_id = _fresh(database)
    play = _Play(database, edition_id)
    for step, pick in steps:
        play.take(step, pick)
        with database.read() as session:
            assert audit(session) == []
            served = set(ledger.counts(session, edition_id)) & {DeliveryState.ACCEPTED}
            names = {row.delivery_id: row.state for row in ledger.unserved(session, edition_id)}
            rows = session.scalars(select(DeliveryRow.id)).all()
        assert len(rows) == READERS
        for row in rows:
            assert play.copies[row] <= 1
            assert play.copies[row] == 0 or names.get(row, "accepted") in NOT_SENT_AGAIN
        assert bool(served) == (len(names) < READERS)


NOT_SENT_AGAIN = {"accepted", DeliveryState.COMMITTING, DeliveryState.UNKNOWN}


class _Play:
    """Two senders with their claims, and how many copies the other side may have taken."""

    def __init__(self, database: Database, edition_id: int) -> None:
        self.copies: Counter[int] = Counter()
        self._database = database
        self._edition_id = edition_id
        self._held: list[Claim] = []
        self._dots: set[Claim] = set()

    def take(self, step: str, pick: int) -> None:
        worker = batches.Worker(id=1 + pick % 2, name="")
        due = Due(self._edition_id, worker, NOW, 1 + pick % 3)
        with self._database.begin() as session:
            if step == "claim":
                self._held += batches.claim(session, due)
            elif step == "take":
                taken = batches.take(session, due)
                assert taken.refused == []
                self._held += taken.granted
                self._dots |= set(taken.granted)
            elif step == "die":
                ledger.recover(session, worker.id, now=NOW)
            elif self._held:
                self._act(session, step, self._held[pick % len(self._held)])

    def _act(self, session: Session, step: str, taken: Claim) -> None:
        if step == "intend":
            if moves.intend(session, [taken]):
                self._dots.add(taken)
            return
        if step in VERDICTS:
            if step in {"accept", "lose"}:
                if taken not in self._dots:
                    return  # nothing can be accepted without its dot
                self.copies[taken.delivery_id] += 1
            made = Result(claim=taken, outcome=outcome(VERDICTS[step]), next_at=NOW)
            moves.settle(session, [made], now=NOW)
        elif taken in self._dots:
            return  # after the dot there is nothing to give back
        elif step == "skip":
            moves.skip(session, [taken], reason="left", now=NOW)
        else:
            moves.give_back(session, [taken])
        self._held.remove(taken)
        self._dots.discard(taken)


def _fresh(database: Database) -> int:
    """Make an edition with two senders, or begin anew with the one that is there."""
    with database.begin() as session:
        known = session.scalar(select(EditionRow.id))
        if known is not None:
            fresh = {"state": DeliveryState.PENDING, "worker_id": None, "crashes": 0}
            session.execute(update(DeliveryRow).values(fresh))
            return int(known)
    edition = send_to(database, readers=READERS)
    register(database, "here:1:a")
    register(database, "here:2:b")
    return edition.id
