"""The threads of one send: each writes letters, hands them over, and weighs what came of it."""

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

from digest.delivery.batches import Claim
from digest.delivery.desk import Plea, Task
from digest.delivery.job import Job
from digest.delivery.moves import Result
from digest.delivery.quota import is_spent, rest_of
from digest.delivery.receivers import domain_of
from digest.delivery.retry import next_try
from digest.delivery.throttle import HINTS, Sign, sign_of
from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.carrier import Connection

_PATIENCE = 2  # a letter over which the conversation broke so often is put off like one refused
_UNKNOWN_IN_A_ROW = 12  # then the other side breaks off after every letter
_REST_OF_QUOTA = 900.0  # seconds, where nothing is said
_BEFORE_ANY_LETTER = frozenset({Stage.CONNECT, Stage.GREETING, Stage.TLS, Stage.AUTH})


def work(job: Job, place: int) -> None:
    """Hand letters over until there is none; one thread, one conversation."""
    if not job.may_go_on:
        return
    try:
        with closing(job.carrier.connect()) as connection:
            Hand(job, connection, place=place).run()
    except BaseException as error:  # noqa: BLE001 - carried to the thread that waits for us
        job.error = job.error or error
        job.halt()
    finally:
        job.desk.nudge()


class Hand:
    """One thread with its conversation, and the letters that it has on the way."""

    def __init__(self, job: Job, connection: Connection, *, place: int) -> None:
        self._job = job
        self._connection = connection
        self._is_first = place == job.first_place
        self._is_filled_there = job.carrier.capabilities.takes == "sheet"
        self._notes = job.duty.journal.at(place)
        self._under_way: dict[str, Task] = {}
        self._dotted: set[str] = set()
        self._period = job.edition.period.lower()
        self._in_hand = 0
        self._breaks = self._put_off = self._unknown = 0  # in a row
        self._slowed: set[str] = set()  # who asked us to slow down since one was taken

    def run(self) -> None:
        """Hand over until nothing is left, or the send is halted."""
        try:
            while self._job.may_go_on and self._job.desk.await_letter(first=self._is_first):
                self._job.await_rest()
                self._hand_over()
        except Exception:
            self._job.duty.journal.suspects.add(self._in_hand)
            raise
        self._notes.rest()

    def _hand_over(self) -> None:
        for letter, outcome in self._connection.hand_over(self._letters(), dot=self._dot):
            task = self._under_way.pop(letter.key)
            if letter.key in self._dotted:
                self._dotted.remove(letter.key)
                self._note(task, outcome)
            else:
                self._weigh(task, outcome)

    def _note(self, task: Task, outcome: Outcome) -> None:
        """Note an answer and put it down: it exists only once, also when the disk is full."""
        try:
            self._notes.answer(task.claim.delivery_id, outcome)
        finally:
            self._weigh(task, outcome)

    def _letters(self) -> Iterator[Letter]:
        """Write letters as long as some are ready: no dot waits for a letter that is not."""
        job = self._job
        while job.may_go_on and not job.is_resting and (task := job.desk.take()) is not None:
            claim = task.claim
            if job.brakes and job.is_braked(domain_of(task.reader.email)):
                job.desk.give_back(claim)  # it is put off when it is claimed anew
                continue
            self._in_hand = claim.delivery_id
            self._notes.hold(claim.delivery_id)
            try:
                personaliser = job.personalisers[claim.variant_id]
                write = personaliser.to_fill if self._is_filled_there else personaliser.letter
                letter = write(task.reader, key=f"{self._period}.{claim.delivery_id}")
            except ValueError as error:  # an address or a name that cannot stand in a header
                job.desk.refuse(claim, reason=f"bad address: {error}")
                continue
            self._under_way[letter.key] = task
            yield letter

    def _dot(self, letter: Letter) -> bool:
        """Note the dot, unless we may have been taken for dead.

        Once for each answer: a conversation that gives a letter once more knows that it has not
        been taken, and a second note would stand there unanswered.
        """
        if not self._job.duty.has_lease:
            return False
        if letter.key not in self._dotted:
            self._dotted.add(letter.key)
            self._notes.dot(self._under_way[letter.key].claim.delivery_id)
        return True

    def _weigh(self, task: Task, outcome: Outcome) -> None:
        """Decide what an outcome means for the letter, and for all others."""
        if outcome.verdict is Verdict.ACCEPTED:
            if self._job.hints:
                self._job.hints.pop(domain_of(task.reader.email), None)
            self._accept_answer(task, outcome)
        elif is_spent(outcome) and self._spend(task, outcome):
            return
        elif self._is_asked_to_slow_down(task, outcome):
            self._slow_down(task, outcome)
        else:
            self._weigh_trouble(task, outcome)

    def _weigh_trouble(self, task: Task, outcome: Outcome) -> None:
        job = self._job
        match outcome.verdict:
            case Verdict.WITHDRAWN:
                job.desk.give_back(task.claim)
                job.trouble = "the lease was over before the letter was"
                job.halt()
            case Verdict.CONFIG:
                job.desk.give_back(task.claim)
                if job.heir():
                    job.fall(_words(outcome))
                else:
                    job.pause(_words(outcome))
            case Verdict.RETRY if not outcome.counted and outcome.retry_after is not None:
                self._rest(task, outcome, seconds=outcome.retry_after)
            case Verdict.RETRY if not outcome.counted:
                self._mend(task, outcome)
            case _:
                self._accept_answer(task, outcome)

    def _spend(self, task: Task, outcome: Outcome) -> bool:
        """Deal with a quota that is used up; False where the letter is put off like any other."""
        job = self._job
        if not job.heir() and outcome.verdict is Verdict.RETRY:
            return False
        job.desk.give_back(task.claim)
        job.fall(_words(outcome), rest=rest_of(outcome) or _REST_OF_QUOTA)
        return True

    def _is_asked_to_slow_down(self, task: Task, outcome: Outcome) -> bool:
        """Tell whether a receiving provider asks that, by its words or by putting off many."""
        sign = sign_of(outcome)
        if sign is Sign.HINT:
            domain = domain_of(task.reader.email)
            self._job.hints[domain] += 1
            return self._job.hints[domain] >= HINTS
        return sign is Sign.PLEA

    def _slow_down(self, task: Task, outcome: Outcome) -> None:
        """Put the letter off, and let others of its provider wait; all others go on."""
        job = self._job
        domain = domain_of(task.reader.email)
        job.brake(domain)
        job.desk.plead(Plea(domain=domain, said=_words(outcome), wait=rest_of(outcome)))
        job.desk.prove()
        self._breaks = 0
        self._slowed.add(domain)
        self._settle(task.claim, outcome._replace(counted=True))
        if len(self._slowed) > job.settings.faults_in_a_row:  # then it is the carrier itself
            job.fall(_words(outcome))

    def _accept_answer(self, task: Task, outcome: Outcome) -> None:
        """Put down an answer that is about this letter."""
        job = self._job
        job.desk.prove()
        job.rests = 0 if outcome.verdict is Verdict.ACCEPTED else job.rests
        self._breaks = self._put_off = 0
        self._slowed.clear()
        self._unknown = self._unknown + 1 if outcome.verdict is Verdict.UNKNOWN else 0
        if self._unknown >= _UNKNOWN_IN_A_ROW:
            job.trouble = f"{outcome.stage}: {outcome.text}, {self._unknown} times in a row"
            job.halt()
        if job.doubt.falls_on(outcome):
            outcome = outcome._replace(verdict=Verdict.RETRY)
            if job.doubt.verdict:
                job.pause(job.doubt.verdict)
        self._settle(task.claim, outcome)

    def _settle(self, claim: Claim, outcome: Outcome) -> None:
        next_at = self._next_try(claim, outcome) if outcome.verdict is Verdict.RETRY else None
        self._job.desk.settle(Result(claim=claim, outcome=outcome, next_at=next_at))

    def _next_try(self, claim: Claim, outcome: Outcome) -> datetime | None:
        """Return when to try again; a letter that had to wait for its turn is no older for that."""
        job = self._job
        now = job.clock.now()
        waited = job.is_rationed and not claim.attempts
        return next_try(
            job.settings.retry,
            attempts=claim.attempts + 1,
            frozen_at=now if waited else job.edition.frozen_at or now,
            now=now,
            jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
            wait=rest_of(outcome),
        )

    def _rest(self, task: Task, outcome: Outcome, *, seconds: float) -> None:
        """Put a letter back while its carrier rests: nobody waits with letters in hand."""
        if self._job.let_rest(seconds):
            self._job.desk.again(task)
        else:
            self._weigh(task, outcome._replace(counted=True))

    def _mend(self, task: Task, outcome: Outcome) -> None:
        """Give a letter again whose conversation broke; put it off when it breaks every one."""
        job = self._job
        self._breaks += 1
        times = job.desk.note_break(task)
        if times >= _PATIENCE and outcome.stage not in _BEFORE_ANY_LETTER:
            self._settle(task.claim, outcome._replace(counted=True))
            self._breaks = 0
            self._put_off += 1
        else:
            job.desk.again(task)
        most = job.settings.faults_in_a_row
        if self._breaks >= most or self._put_off >= most:
            job.fall(f"{outcome.stage}: {outcome.text}")
        elif self._breaks:
            job.clock.wait(job.settings.reconnect_seconds * self._breaks, stop=job.stop)


def _words(outcome: Outcome) -> str:
    return f"{outcome.stage}: {outcome.reply or ''} {outcome.text}".strip()
